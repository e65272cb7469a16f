"""How one endpoint is at the moment, as far as a decision looks at it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from nearline_router.planner.speed import Speed
from nearline_router.registry.profile import Profile


@dataclass(slots=True)
class Standing:
    """One endpoint's values for the decision; the router keeps them up to date, the decision only reads them.

    `ready` False: it is still coming up. `blocked_until_s`: the breaker lets nobody pass before (None: it does).
    `wait_ms`: predicted time in its queue. `overheated`: what can go elsewhere should. `tokens_per_char`: learned
    from reported usage, None before.
    """

    profile: Profile
    speed: Speed = field(default_factory=Speed)
    ready: bool = True
    blocked_until_s: float | None = None
    trouble: str = ""
    wait_ms: float = 0.0
    overheated: bool = False
    tokens_per_char: float | None = None

    def count(self, tokens: int, characters: int) -> int:
        """Tokens of a prompt: by the learned ratio, else as they were estimated for everybody."""
        return tokens if self.tokens_per_char is None else max(1, math.ceil(characters * self.tokens_per_char))
