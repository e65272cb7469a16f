"""A document that a suggestion stands in, edited as an editor does, before a clock and a ledger of a test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from nearline_router.ledger.records import Suggestion
from nearline_server.acceptance.offer import Offer
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from nearline_server.lsp.acceptance import Acceptance
from tests.virtual_time import VirtualLoop

from .places import place

URI = "file:///project/a.py"
T = TypeVar("T")


class Desk:
    """A document, what the acceptance of suggestions makes of it, and the rows that reach the ledger."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.rows: dict[str, Suggestion] = {}
        self.answers: list[tuple[str, bool]] = []
        self.acceptance = Acceptance(self.loop.time)
        self.acceptance.ledger = lambda: self
        self.open("")

    def close(self) -> None:
        """The end of the test."""
        self.loop.close()

    def pass_time(self, seconds: float) -> None:
        """The clock goes on."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def tell(self, said: Callable[[Acceptance], T]) -> T:
        """The client says something, which arrives in the event loop."""

        async def arrive() -> T:
            return said(self.acceptance)

        return self.loop.run_until_complete(arrive())

    # --- the ledger

    def suggestion(self, suggestion: Suggestion) -> None:
        self.rows[suggestion.id] = suggestion

    def answer(self, found: str, in_budget: bool) -> None:
        self.answers.append((found, in_budget))

    # --- the document

    def open(self, text: str) -> None:
        self.document = Document(URI, "python", 1, Buffer(text))

    def offer(self, drawn: str, text: str, *, suggestion: str = "s1", lead: str = "", begun: int = 0) -> int:
        """Open the drawn document and offer a text at its cursor ║; behind `lead`, which it replaces, if given."""
        self.open(drawn.replace("║", ""))
        return self.offer_at(drawn.index("║") - len(lead), lead + text, suggestion=suggestion, lead=lead, begun=begun)

    def offer_at(self, at: int, text: str, *, suggestion: str = "s1", lead: str = "", begun: int = 0) -> int:
        row = Suggestion(suggestion, "request", 0, "python", "project", len(text) - len(lead), "model", 90_000, 150_000)
        offer = Offer(place(self.text, at), text, len(lead), begun)
        return self.tell(lambda acceptance: acceptance.offer(self.document, offer, row))

    def edit(self, start: int, end: int, text: str) -> None:
        """Replace what is from one offset to another."""
        first, last = place(self.text, start), place(self.text, end)
        self.tell(lambda acceptance: acceptance.edited(self.document, first, last, text))
        self.document.edit(first, last, text)

    def insert(self, at: int, text: str) -> int:
        """Insert; returns where the text ends."""
        self.edit(at, at, text)
        return at + len(text)

    def type(self, at: int, text: str) -> int:
        """Key by key."""
        for char in text:
            at = self.insert(at, char)
        return at

    def overwrite(self, text: str) -> None:
        self.tell(lambda acceptance: acceptance.overwritten(self.document, text))
        self.document.overwrite(text)

    @property
    def text(self) -> str:
        return self.document.buffer.text()

    # --- what became of it

    @property
    def row(self) -> Suggestion:
        """The row of the only suggestion."""
        (row,) = self.rows.values()
        return row

    @property
    def taken(self) -> tuple[int, bool]:
        """How many characters were accepted, and whether that is all."""
        return self.row.accepted_chars, self.row.whole

    @property
    def kept(self) -> tuple[int | None, int | None, int | None]:
        """What was still there after 30 s, 2 min and 10 min."""
        return self.row.kept_30s, self.row.kept_120s, self.row.kept_600s
