"""Sums over the suggestions of a session, as `nearline.status` tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearline_server.acceptance.fate import LOOKS

if TYPE_CHECKING:  # the router is loaded after `initialize`
    from nearline_router.ledger.records import Suggestion


class Tally:
    """`shown`, `accepted` (whole) and `partially_accepted` are suggestions, the rest characters of them."""

    def __init__(self) -> None:
        names = ("shown", "accepted", "partially_accepted", "accepted_chars", *LOOKS.values())
        self.counts = dict.fromkeys(names, 0)

    def changed(self, before: Suggestion | None, after: Suggestion) -> None:
        """A suggestion was shown, accepted or looked at again."""
        if before:
            self._add(before, -1)
        self._add(after, 1)

    def _add(self, record: Suggestion, sign: int) -> None:
        self.counts["shown"] += sign
        if record.accepted_us is not None:
            self.counts["accepted" if record.whole else "partially_accepted"] += sign
        self.counts["accepted_chars"] += sign * record.accepted_chars
        for column in LOOKS.values():
            self.counts[column] += sign * (getattr(record, column) or 0)
