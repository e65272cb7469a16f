"""How one endpoint is at the moment, as far as a decision looks at it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from nearline_router.planner.speed import Speed
from nearline_router.prices.priced import UNPRICED, Priced, price_of
from nearline_router.registry.profile import Profile


@dataclass(slots=True)
class Standing:
    """One endpoint's values for the decision; the router keeps them up to date, the decision only reads them.

    `ready` False: it is still coming up. `blocked_until_s`: the breaker lets nobody pass before (None: it does).
    `wait_ms`: predicted time in its queue. `overheated`: what can go elsewhere should. `tokens_per_char`: learned
    from reported usage, None before. `anew`: the share of this request's prompt that its prompt cache is thought not to
    hold, None: as usual for the task. `priced`: what it costs now, at first as its profile says.
    """

    profile: Profile
    speed: Speed = field(default_factory=Speed)
    ready: bool = True
    blocked_until_s: float | None = None
    trouble: str = ""
    wait_ms: float = 0.0
    overheated: bool = False
    tokens_per_char: float | None = None
    anew: float | None = None
    priced: Priced = UNPRICED

    def __post_init__(self) -> None:
        """Without another price it has its own."""
        if self.priced is UNPRICED:
            self.priced = price_of(self.profile, self.speed)

    def count(self, tokens: int, characters: int) -> int:
        """Tokens of a prompt: by the learned ratio, else as they were estimated for everybody."""
        return tokens if self.tokens_per_char is None else max(1, math.ceil(characters * self.tokens_per_char))

    def ttft_ms(self, tokens: float, task: str) -> float:
        """The predicted time to the first content from now on, its queue included."""
        return self.wait_ms + self.speed.ttft_ms(tokens, task, self.anew)

    def marginal_usd(self, tokens: float, output_tokens: int, task: str) -> float | None:
        """What a request is chosen by; None where the price is unknown."""
        priced = self.priced
        if priced.marginal_by:
            tokens *= self._share_anew(task)
        return priced.marginal.cost_usd(tokens, output_tokens)

    def full_usd(self, tokens: float, output_tokens: int, task: str) -> float | None:
        """The same with hardware and all."""
        priced = self.priced
        if priced.full_by:
            tokens *= self._share_anew(task)
        return priced.full.cost_usd(tokens, output_tokens)

    def _share_anew(self, task: str) -> float:
        """What is found in a machine's own prompt cache takes it no time."""
        return self.speed.share_anew(task) if self.anew is None else self.anew
