"""What became of suggestions: shown, accepted whole or in part, counted without any text.

Editors differ: VS Code and our Neovim client run the item's command on accept; others only edit the document,
so an insertion of exactly what was offered counts as an acceptance too.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion as it was sent: its number, where it stands and its text."""

    number: int
    uri: str
    line: int
    column: int
    text: str


@dataclass(slots=True)
class Acceptance:
    """Counts of one session, and the offer that stands in each document."""

    shown: int = 0
    accepted: int = 0
    partially_accepted: int = 0
    accepted_chars: int = 0
    _offers: dict[str, Offer] = field(default_factory=dict)
    _taken: set[int] = field(default_factory=set)
    _numbers: int = 0

    def offer(self, uri: str, line: int, column: int, text: str) -> int:
        """A suggestion goes out; returns its number, which the accept command brings back."""
        self._numbers += 1
        self._offers[uri] = Offer(self._numbers, uri, line, column, text)
        return self._numbers

    def was_shown(self) -> None:
        """The client says that it drew one."""
        self.shown += 1

    def was_accepted(self, number: int, chars: int) -> None:
        """One was taken whole; saying so twice (command and edit) counts once."""
        if number not in self._taken:
            self._taken.add(number)
            self.accepted += 1
            self.accepted_chars += chars

    def was_partially_accepted(self) -> None:
        """The client says that a part was taken."""
        self.partially_accepted += 1

    def edited(self, uri: str, line: int, column: int, inserted: str) -> None:
        """An insertion: is it the offer that stands there? One typed character is typing, not acceptance."""
        offer = self._offers.get(uri)
        if offer and len(inserted) > 1 and (line, column, inserted) == (offer.line, offer.column, offer.text):
            self.was_accepted(offer.number, len(inserted))

    def closed(self, uri: str) -> None:
        """The document is gone, and its offer with it."""
        self._offers.pop(uri, None)

    def counts(self) -> dict[str, int]:
        """For `nearline.status`."""
        return {
            "shown": self.shown,
            "accepted": self.accepted,
            "partially_accepted": self.partially_accepted,
            "accepted_chars": self.accepted_chars,
        }
