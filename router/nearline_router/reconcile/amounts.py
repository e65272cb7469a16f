"""What can be compared of a bill and a record: requests, tokens and money."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

# Money is told by exports in dollars with six to ten decimals, and some of them round each row.
SAME_COST_NANO = 1_000
SAME_COST_SHARE = 0.005


class Amounts(NamedTuple):
    """Requests, tokens (`input_tokens` are all of the prompt, cached ones included) and money; None: nobody said."""

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_nano: int | None = None

    def differs_from(self, other: Amounts) -> bool:
        """Whether something that both sides tell is not the same; money may differ by rounding."""
        counts = zip(self[:3], other[:3], strict=True)
        if any(one != two for one, two in counts if one is not None and two is not None):
            return True
        if self.cost_nano is None or other.cost_nano is None:
            return False
        allowed = max(SAME_COST_NANO, SAME_COST_SHARE * max(abs(self.cost_nano), abs(other.cost_nano)))
        return abs(self.cost_nano - other.cost_nano) > allowed


def total(parts: Iterable[Amounts]) -> Amounts:
    """Each sum of what is known; None where nothing is."""
    columns = zip(*parts, strict=True)
    known = [[value for value in column if value is not None] for column in columns]
    return Amounts(*(sum(values) if values else None for values in known))
