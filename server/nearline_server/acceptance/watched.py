"""One open document: the offer that stands in it, and the accepted texts that are watched there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nearline_server.acceptance.edits import Edit, apart
from nearline_server.acceptance.fate import Fate
from nearline_server.acceptance.offer import Offer, Piece
from nearline_server.documents.document import Document

if TYPE_CHECKING:  # the router is loaded after `initialize`
    from nearline_router.ledger.records import Suggestion

# An edit moves each of them in a fraction of a microsecond. Who accepts more in ten minutes has the oldest left out.
MOST_SPANS = 200


class Sent(NamedTuple):
    """An offer as it went out, where, the suggestion that it is from, and the row that this has if it is shown now."""

    watched: Watched
    offer: Offer
    fate: Fate
    record: Suggestion


@dataclass
class Watched:
    """See the module. Edits are told before they are done. A closed document is None, and not held in memory."""

    document: Document | None
    sent: Sent | None = None
    fates: list[Fate] = field(default_factory=list)

    def edited(self, edit: Edit) -> Piece | None:
        """Move everything along with an edit; the part of the offer that it inserts, if it does."""
        sent = self.sent
        piece = sent.offer.piece(self.document.buffer, edit) if sent and self.document else None
        for part in apart(edit) if edit.removed else (edit,):
            if self.sent and not self.sent.offer.follow(part):
                self.sent = None
            for fate in self.fates:
                if fate.span:
                    fate.span.follow(part)
        if sent and piece:
            sent.offer.newest = piece
        return piece

    def took(self, fate: Fate, offer: Offer, piece: Piece) -> None:
        """An edit put a part of an offer where it belongs: follow it from now on."""
        if self.document is None:
            return
        fate.stands(self.document, offer, piece)
        self.fates = [one for one in self.fates if one.span and one is not fate] + [fate]
        if len(self.fates) > MOST_SPANS:
            self.fates.pop(0).lose_sight()

    def closed(self) -> None:
        """The document is gone."""
        for fate in self.fates:
            fate.lose_sight()
        self.document, self.sent, self.fates = None, None, []
