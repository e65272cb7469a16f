"""A suggestion as it stands in a document, and which edits take it or a part of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from nearline_server.acceptance.edits import Edit, Place, behind, between
from nearline_server.documents.buffer import Buffer

# What one key can insert: a character, a line end with its indentation, an indentation, a pair of brackets or quotes.
ONE_KEY = re.compile(r".|\s*|\(\)|\[\]|\{\}|<>|''|\"\"|``", re.DOTALL)


class Piece(NamedTuple):
    """A part of an offer's text that an edit inserts, from one character to another."""

    first: int
    last: int


@dataclass(slots=True)
class Offer:
    """The text that was sent, and the place where it begins once it is accepted.

    The first `lead` characters are not the model's: they are what the item replaces, and the entry that is chosen in
    the suggest widget. Before the rest, `begun` characters of the suggestion had been typed when this was sent.
    `newest` is the part that came last, by whatever key.
    """

    place: Place
    text: str
    lead: int = 0
    begun: int = 0
    newest: Piece | None = None

    def piece(self, buffer: Buffer, edit: Edit) -> Piece | None:
        """The part of the text that an edit, which is still to be done, inserts where it belongs."""
        start = edit.start
        if edit.removed or not edit.inserted or start < self.place or start > behind(self.place, self.text):
            return None
        before = between(buffer, self.place, start)
        if len(before) > len(self.text):
            return None
        return _piece(self.text, before, edit.inserted)

    def follow(self, edit: Edit) -> bool:
        """Move along with an edit; False when what stands right before it is another text now."""
        if edit.end < self.place:
            self.place = edit.moved(self.place)
        return not edit.start < self.place <= edit.end

    def in_suggestion(self, piece: Piece) -> Piece:
        """The part counted in characters of the suggestion; what is not the model's is left out."""
        first, last = (max(at, self.lead) - self.lead + self.begun for at in piece)
        return Piece(first, last)

    def begins_at(self, piece: Piece) -> Place:
        """Where the model's text of the part begins."""
        return behind(self.place, self.text[: max(piece.first, self.lead)])

    def ends_at(self, piece: Piece) -> Place:
        """Where the part ends, once it is inserted."""
        return behind(self.place, self.text[: piece.last])


def accepts(inserted: str) -> bool:
    """Whether an insertion that continues an offer is an acceptance: more than what one key types."""
    return ONE_KEY.fullmatch(inserted) is None


def _piece(text: str, before: str, inserted: str) -> Piece | None:
    """An editor that compares texts may place an insertion further on, in what stays equal: `xx|y` for `x|xy`."""
    if text.startswith(before + inserted):
        return Piece(len(before), len(before) + len(inserted))
    for back in range(1, len(before) + 1 if len(inserted) > 1 else 1):
        turned = before[-back:] + inserted
        first = len(before) - back
        if turned.endswith(before[-back:]) and text.startswith(before[:first] + turned[:-back]):
            return Piece(first, first + len(inserted))
    return None
