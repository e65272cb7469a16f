"""The ledger as the rest of a process sees it: it is told, and something else writes.

An attempt is in the journal when `open` returns, so it is not lost with the process. One thread takes what came in
200 ms to the database at once, for which one attempt more costs microseconds.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nearline_router.ledger.encoding import encoded
from nearline_router.ledger.journal import SLOTS, Journal
from nearline_router.ledger.records import Attempt, Outcome, PriceInForce, Suggestion, Totals
from nearline_router.ledger.thread import LAST_S, LedgerThread

if TYPE_CHECKING:
    from nearline_router.ledger.backlog import Backlog
    from nearline_router.ledger.writer import Writer

COMMIT_EVERY_S = 0.2
# So many at once are not kept waiting for that.
MANY = SLOTS // 2
# A journal that could not be made is tried again after this time.
AGAIN_S = 60.0


class Ledger:
    """The ledger in a folder. What cannot be written is said once in the log, kept up to a limit, and stops nothing.

    `clock` is Unix time. `on_totals` is called on another thread after each time that something was written. Nothing
    is made or imported before it is told something, or `prepare`.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.time,
        on_totals: Callable[[Totals], None] = lambda _: None,
        slots: int = SLOTS,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._on_totals = on_totals
        self._slots = slots
        # Held for microseconds, but while the journal is made.
        self._lock = threading.Lock()
        self._journal: Journal | None = None
        self._journal_trouble = ""
        self._journal_again_s = 0.0
        # Attempts that a crash would have lost until they were written.
        self.unguarded = 0
        # What a Backlog is told: the name of its method, and the values.
        self._handed: deque[tuple[str, tuple[Any, ...]]] = deque()
        self._thread = LedgerThread()
        self._at_once = threading.Event()
        self._scheduled = False
        self._written: tuple[Writer, Backlog] | None = None

    @property
    def trouble(self) -> str:
        """Why attempts are not recorded, or were not, as one sentence; "" if they are."""
        if self._written is None:
            return self._journal_trouble
        writer, backlog = self._written
        lost = f"{backlog.lost} of the attempts so far could not be recorded" if backlog.lost else ""
        return writer.trouble or lost or self._journal_trouble

    def prepare(self) -> None:
        """Make the journal, read what dead processes left and what was spent; for a thread, before any attempt."""
        with self._lock:
            self._make_journal()
        self.flush()

    def open(self, attempt: Attempt) -> None:
        """An attempt begins: it is in the journal now, and outlives the process."""
        record = encoded(attempt)
        with self._lock:
            journal = self._journal or self._make_journal()
            slot = journal.write(record) if journal else None
        if journal and slot is not None:
            self._hand("opened", attempt, partial(journal.free, slot))
        else:
            self.unguarded += 1
            self._hand("opened", attempt, _nothing)

    def close(self, attempt_id: str, outcome: Outcome) -> None:
        """It ends. Where its process ends too before that is written, it stays open."""
        self._hand("closed", attempt_id, outcome)

    def suggestion(self, suggestion: Suggestion) -> None:
        """Something was shown, or more is known of what became of it: the newest of an id is kept."""
        self._hand("suggested", suggestion)

    def answer(self, found: str, in_budget: bool) -> None:
        """An inline answer went out, perhaps an empty one; `found` as in `Suggestion`."""
        day = datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
        self._hand("answered", day, found, in_budget)

    def event(self, endpoint: str, kind: str, state: str, reason: str) -> None:
        """A breaker (`breaker`) or an endpoint's heat (`heat`) has another state now. `reason` has no user's text."""
        self._hand("happened", (int(self._clock() * 1e6), endpoint, kind, state, reason))

    def price(self, price: PriceInForce) -> None:
        """A price is in force; it may be told again, as only another one than the newest is written."""
        self._hand("priced", price)

    def flush(self) -> None:
        """Return when everything is written, or after `LAST_S`; for a thread."""
        self._run(self._write)

    async def aclose(self) -> None:
        """Write everything and let go of the files, or give up after `LAST_S`: then attempts stay in the journal.

        What comes after that begins anew.
        """
        if self._written or self._journal or self._handed:
            await asyncio.to_thread(self._run, self._end)
            self._thread.let_go()

    def _make_journal(self) -> Journal | None:
        now_s = self._clock()
        if self._journal is None and now_s >= self._journal_again_s:
            self._journal_again_s = now_s + AGAIN_S
            try:
                self._journal, self._journal_trouble = Journal(self._folder, self._slots), ""
            except OSError as error:
                why = error.strerror or type(error).__name__
                self._journal_trouble = f"attempts may be lost with their process, as there is no journal: {why}"
        return self._journal

    def _hand(self, what: str, *values: Any) -> None:
        self._handed.append((what, values))
        if not self._scheduled:
            self._scheduled = True
            self._submit(self._write_soon)
        elif len(self._handed) >= MANY:
            self._at_once.set()

    def _run(self, work: Callable[[], None]) -> None:
        self._at_once.set()
        if job := self._submit(work):
            wait([job], LAST_S)

    def _submit(self, work: Callable[[], None]) -> Future[None] | None:
        try:
            return self._thread.submit(work)
        except RuntimeError:  # The interpreter ends. Attempts are in the journal.
            return None

    def _write_soon(self) -> None:
        self._at_once.wait(COMMIT_EVERY_S)
        self._at_once.clear()
        self._scheduled = False
        self._write()

    def _write(self) -> None:
        first = self._written is None
        writer, backlog = self._written = self._written or self._begun()
        while self._handed:
            what, values = self._handed.popleft()
            getattr(backlog, what)(*values)
        # The first time there is something to read, too: what dead processes left, and what was spent.
        if backlog or first:
            writer.write(backlog)
        journal = self._journal
        if journal and journal.lost:
            with self._lock:
                self._journal, self._journal_again_s = None, 0.0

    def _begun(self) -> tuple[Writer, Backlog]:
        from nearline_router.ledger.backlog import Backlog
        from nearline_router.ledger.writer import Writer

        return Writer(self._folder, self._clock, self._on_totals), Backlog()

    def _end(self) -> None:
        self._write()
        writer, _ = self._written or self._begun()
        writer.close()
        with self._lock:
            # What could not be written stays in it, for whoever comes next.
            if self._journal and self._journal.close():
                self._journal, self._journal_again_s = None, 0.0


def _nothing() -> None:
    """An attempt without a place in the journal has none to give back."""
