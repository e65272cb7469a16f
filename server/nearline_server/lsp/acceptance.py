"""What became of suggestions, for the ledger and for `nearline.status`: shown, accepted, still there later.

Shown is what the client says it drew; of a client that never says so, each answer with text that went out for the
document's version. Accepted is what the item's command says, which VS Code and our Neovim client run, or what
`didPartiallyAcceptCompletion` says, or an edit that inserts more than one key types and is what the offer says there:
editors differ, and VS Code runs nothing for a word. Typing the same text key by key is typing. Accepted text is watched
for ten minutes (`nearline_server.acceptance.span` has the rule); it is in memory, and no text is in the ledger.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from nearline_server.acceptance.edits import Place, edit_of, whole
from nearline_server.acceptance.fate import Fate
from nearline_server.acceptance.look_back import LookBack
from nearline_server.acceptance.offer import Offer, Piece, accepts
from nearline_server.acceptance.tally import Tally
from nearline_server.acceptance.watched import Sent, Watched
from nearline_server.documents.document import Document
from nearline_server.documents.positions import column_of

if TYPE_CHECKING:  # the router is loaded after `initialize`
    from nearline_router.ledger.records import Suggestion

# Of these many suggestions and offers it is known what they were; the typing path remembers fewer.
REMEMBERED = 1000


class Ledger(Protocol):
    """What is used of the router's ledger."""

    def suggestion(self, suggestion: Suggestion) -> None:
        """Write the row of a suggestion, or write it again."""

    def answer(self, found: str, in_budget: bool) -> None:
        """Count an answer."""


class Acceptance:
    """The suggestions of one session. `ledger` says who keeps them, if anybody does; `clock` is Unix time.

    `on_taken` is told the request of a suggestion whenever a part of it was accepted.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.ledger: Callable[[], Ledger | None] = lambda: None
        self.on_taken: Callable[[str], None] = lambda _: None
        self._clock = clock
        self._client_tells = False
        self._sent: OrderedDict[int, Sent] = OrderedDict()
        self._fates: OrderedDict[str, Fate] = OrderedDict()
        self._watched: dict[str, Watched] = {}
        self._look_back = LookBack(clock, self._look)
        self._tally = Tally()
        self._numbers = 0

    def offer(self, document: Document, offer: Offer, record: Suggestion) -> int:
        """An offer of the suggestion `record.id` goes out; returns its number, which the accept command brings back."""
        fate = self._fates.setdefault(record.id, Fate(record))
        self._fates.move_to_end(record.id)
        watched = self._watched.setdefault(document.uri, Watched(document))
        sent = watched.sent = Sent(watched, offer, fate, record)
        self._numbers += 1
        self._sent[self._numbers] = sent
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        if len(self._fates) > REMEMBERED:
            self._fates.popitem(last=False)
        if not self._client_tells:
            self._show(sent)
        return self._numbers

    def answered(self, found: str, in_budget: bool) -> None:
        """An answer goes out, with text or without."""
        ledger = self.ledger()
        if ledger:
            ledger.answer(found, in_budget)

    def was_shown(self, number: int | None = None) -> None:
        """The client says that it drew an offer, the newest one if it does not say which."""
        self._client_tells = True
        sent = self._known(number)
        if sent:
            self._show(sent)

    def was_accepted(self, number: int) -> None:
        """The client says that an offer was taken whole; saying so twice, or by the edit too, counts once."""
        sent = self._known(number)
        if sent:
            self._told(sent, len(sent.offer.text))

    def was_partially_accepted(self, number: int | None, utf16_length: int) -> None:
        """The client says that an offer was taken up to there, in UTF-16 units from the item's beginning."""
        sent = self._known(number)
        if sent:
            self._told(sent, column_of(sent.offer.text, utf16_length, "utf-16"))

    def edited(self, document: Document, start: Place, end: Place, text: str) -> None:
        """An edit is about to be done: is it an acceptance, and where does accepted text go?"""
        watched = self._watched.get(document.uri)
        if watched is None:
            return
        sent, edit = watched.sent, edit_of(document.buffer, start, end, text)
        piece = watched.edited(edit)
        if sent and piece and accepts(edit.inserted):
            self._take(sent, piece, stands=True)

    def overwritten(self, document: Document, text: str) -> None:
        """The whole text is about to be replaced."""
        if document.uri in self._watched:
            self.edited(document, *whole(document.buffer), text)

    def closed(self, uri: str) -> None:
        """The document is gone, and what was watched in it."""
        watched = self._watched.pop(uri, None)
        if watched:
            watched.closed()

    def counts(self) -> dict[str, int]:
        """For `nearline.status`: suggestions, and their accepted and kept characters."""
        return dict(self._tally.counts)

    def _known(self, number: int | None) -> Sent | None:
        return self._sent.get(self._numbers if number is None else number)

    def _told(self, sent: Sent, last: int) -> None:
        """Up to there it was taken, which an edit has shown already, has not shown as such, or shows later."""
        newest, before = sent.offer.newest, sent.fate.taken
        if before and sent.offer.in_suggestion(Piece(0, last)).last <= before.last:
            return
        if newest and newest.last == last:
            self._take(sent, newest, stands=True)
        else:
            self._take(sent, Piece(newest.last if newest else 0, last), stands=False)

    def _take(self, sent: Sent, piece: Piece, *, stands: bool) -> None:
        """A part was accepted; `stands`: an edit puts it where it belongs, else nothing is known but what was said."""
        fate, offer = sent.fate, sent.offer
        taken, end = offer.in_suggestion(piece), offer.in_suggestion(Piece(0, len(offer.text))).last
        if taken.last <= taken.first:
            return
        self._show(sent)
        before = fate.record
        fate.take(taken, taken.last == end, self._now_us())
        if stands:
            sent.watched.took(fate, offer, piece)
        if fate.span:
            self._look_back.begin(fate)
        self._changed(fate, before)
        self.on_taken(fate.record.request)

    def _look(self, fate: Fate, column: str) -> None:
        before = fate.record
        if fate.look(column) is not None:
            self._changed(fate, before)

    def _show(self, sent: Sent) -> None:
        fate = sent.fate
        if not fate.shown:
            fate.shown, fate.record = True, replace(sent.record, shown_us=self._now_us())
            self._changed(fate, None)

    def _changed(self, fate: Fate, before: Suggestion | None) -> None:
        self._tally.changed(before, fate.record)
        ledger = self.ledger()
        if ledger:
            ledger.suggestion(fate.record)

    def _now_us(self) -> int:
        return round(self._clock() * 1_000_000)
