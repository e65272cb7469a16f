"""What was told to the ledger and is not in the database yet: short, unless that cannot be written."""

from __future__ import annotations

import sqlite3
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from nearline_router.ledger import rows
from nearline_router.ledger.records import Attempt, Outcome, PriceInForce, Suggestion

# Some 20 MB of attempts, those of a day or two.
MOST_WAITING = 20_000
# Of everything else that is counted by the piece.
MOST_OTHERS = 5_000

Event = tuple[int, str, str, str, str]


class Backlog:
    """Attempts and the rest, in the order they came.

    `lost` counts attempts that were dropped or that the database cannot hold. For one thread.
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._opened: dict[str, tuple[Attempt, Callable[[], None]]] = {}
        self._closed: dict[str, Outcome] = {}
        self._suggestions: dict[str, Suggestion] = {}
        self._answers: Counter[tuple[str, str, bool]] = Counter()
        self._events: deque[Event] = deque(maxlen=MOST_OTHERS)
        self._prices: deque[PriceInForce] = deque(maxlen=MOST_OTHERS)
        self._all: tuple[Any, ...] = (
            self._opened, self._closed, self._suggestions, self._answers, self._events, self._prices,
        )  # fmt: skip
        self.lost = 0

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return any(map(bool, self._all))

    def opened(self, attempt: Attempt, release: Callable[[], None]) -> None:
        """An attempt begins; `release` gives its place in the journal back."""
        self._opened[attempt.id] = attempt, release

    def closed(self, attempt_id: str, outcome: Outcome) -> None:
        """It ends."""
        self._closed[attempt_id] = outcome

    def suggested(self, suggestion: Suggestion) -> None:
        """The newest of a suggestion is what is written."""
        self._suggestions[suggestion.id] = suggestion

    def answered(self, day: str, found: str, in_budget: bool) -> None:
        """One more."""
        self._answers[day, found, in_budget] += 1

    def happened(self, event: Event) -> None:
        """To a breaker, or to an endpoint's heat."""
        self._events.append(event)

    def priced(self, price: PriceInForce) -> None:
        """A price is in force."""
        self._prices.append(price)

    def write(self, connection: sqlite3.Connection) -> None:
        """Everything, in one transaction. Raises sqlite3.Error."""
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            lost = rows.execute(connection, rows.OPEN, [rows.opened(one) for one, _ in self._opened.values()])
            rows.execute(connection, rows.CLOSE, [rows.closed(*one) for one in self._closed.items()])
            rows.execute(connection, rows.SUGGESTION, map(rows.suggested, self._suggestions.values()))
            rows.execute(connection, rows.PRICE, map(rows.priced, self._prices))
            connection.executemany(rows.EVENT, self._events)
            connection.executemany(rows.ANSWER, [(*key, count) for key, count in self._answers.items()])
        self.lost += lost

    def clear(self) -> frozenset[str]:
        """It is written; the attempts that were closed."""
        settled = frozenset(self._closed)
        for _, release in self._opened.values():
            release()
        for kind in self._all:
            kind.clear()
        return settled

    def shorten(self) -> None:
        """It cannot be written: drop the oldest of what is too much, what has ended first."""
        while len(self._opened) > self._most:
            oldest = next((name for name in self._opened if name in self._closed), next(iter(self._opened)))
            _, release = self._opened.pop(oldest)
            release()
            self._closed.pop(oldest, None)
            self.lost += 1
        for kind, most in ((self._closed, self._most), (self._suggestions, MOST_OTHERS)):
            while len(kind) > most:
                kind.pop(next(iter(kind)))
