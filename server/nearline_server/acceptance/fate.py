"""What became of one suggestion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nearline_server.acceptance.edits import between
from nearline_server.acceptance.offer import Offer, Piece
from nearline_server.acceptance.span import Span, kept_share
from nearline_server.documents.document import Document

if TYPE_CHECKING:  # the router is loaded after `initialize`
    from nearline_router.ledger.records import Suggestion

# Seconds after which the accepted text is looked at again, and where the ledger keeps what was found.
LOOKS = {30.0: "kept_30s", 120.0: "kept_120s", 600.0: "kept_600s"}
LAST = LOOKS[max(LOOKS)]


@dataclass(slots=True, eq=False)
class Fate:
    """One suggestion of the model, however often it was sent while the user typed along.

    `record` is its row, which counts from when it is `shown`. `taken` is the part that was accepted, in characters of
    the suggestion, and `span` where that stands in the document, up to the suggestion's character `spanned`. `takes`
    counts how often a part was accepted.
    """

    record: Suggestion
    shown: bool = False
    taken: Piece | None = None
    takes: int = 0
    span: Span | None = None
    spanned: int = 0
    document: Document | None = None

    def take(self, piece: Piece, whole: bool, now_us: int) -> None:
        """A further part was accepted, or all of it anew after an undo."""
        before, chars = self.taken, self.record.accepted_chars
        if before is None or piece.first <= before.first:
            self.taken, chars, self.span = piece, piece.last - piece.first, None
        elif piece.last > before.last:
            self.taken = Piece(before.first, piece.last)
            chars += piece.last - max(piece.first, before.last)
        self.takes += 1
        self.record = replace(
            self.record,
            accepted_us=now_us,
            accepted_chars=chars,
            whole=whole,
            kept_30s=None,
            kept_120s=None,
            kept_600s=None,
        )

    def stands(self, document: Document, offer: Offer, piece: Piece) -> None:
        """The accepted part of an offer is, or is just about to be, in the document where it belongs."""
        begin, end, taken = offer.begins_at(piece), offer.ends_at(piece), offer.in_suggestion(piece)
        text = offer.text[max(piece.first, offer.lead) : piece.last]
        self.document = document
        if self.span is None or self.span.end > begin:
            self.span, self.spanned = Span(begin, end, text), 0
        else:
            if taken.last > self.spanned:
                # What was typed between two parts belongs to the suggestion too.
                self.span.text += between(document.buffer, self.span.end, begin) + text
            self.span.end = end
        self.spanned = max(self.spanned, taken.last)

    def look(self, column: str) -> int | None:
        """Take down how many of the accepted characters are still there; None when its document was closed."""
        if self.span is None or self.document is None:
            return None
        now = between(self.document.buffer, self.span.start, self.span.end)
        kept = round(self.record.accepted_chars * kept_share(self.span.text, now))
        found: dict[str, Any] = {column: kept}
        self.record = replace(self.record, **found)
        if column == LAST:
            self.lose_sight()
        return kept

    def lose_sight(self) -> None:
        """It was looked at for the last time, its document is closed, or too many others are watched."""
        self.span = self.document = None
