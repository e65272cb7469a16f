"""What a request may still cost, as the decision looks at it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """Nano-dollars up to the nearest hard and the nearest soft limit, and the sentence of each; None: there is none.

    Only for endpoints that are not local: what is local is never limited.
    """

    hard_nano: int | None = None
    hard: str = ""
    soft_nano: int | None = None
    soft: str = ""

    def verdict(self, estimate_nano: int | None) -> str:
        """The sentence of the limit that an estimate goes beyond, the hard one first; "" if there is room for it."""
        return self.forbids(estimate_nano) or (self.soft if _beyond(estimate_nano, self.soft_nano) else "")

    def forbids(self, estimate_nano: int | None) -> str:
        """The sentence of the hard limit that an estimate goes beyond, "" if there is room for it."""
        if not _beyond(estimate_nano, self.hard_nano):
            return ""
        used_up = estimate_nano is not None or (self.hard_nano or 0) <= 0
        return self.hard if used_up else "its price is unknown and there is a budget"

    def discourages(self, estimate_nano: int | None) -> bool:
        """Whether an estimate goes beyond the soft limit."""
        return _beyond(estimate_nano, self.soft_nano)


def _beyond(estimate_nano: int | None, left_nano: int | None) -> bool:
    """An unknown estimate is beyond every limit, and anything is beyond one that was reached."""
    return left_nano is not None and (estimate_nano is None or left_nano <= 0 or estimate_nano > left_nano)


# No budget holds.
UNLIMITED = Room()
