"""The router's books: the ledger where the configuration wants one, the sums that caps go by, and what events are."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nearline_router.spending import Spending
from nearline_router.types import RoutingRequest, Usage

if TYPE_CHECKING:
    from nearline_router.ledger.call import Books, Call
    from nearline_router.ledger.cost import Cost, Pricing
    from nearline_router.ledger.ledger import Ledger
    from nearline_router.ledger.records import Attempt, Outcome
    from nearline_router.policy.decision import Decision
    from nearline_router.policy.question import Question
    from nearline_router.registry.profile import Profile


def named_cost_centre(request: RoutingRequest) -> str:
    """The one that the request names, else `default`."""
    return request.cost_centre or "default"


class Accounting:
    """Keeps a ledger in `folder` while it is `enabled`. `wall_clock` is Unix time in seconds, `clock` is not.

    `pricing` says what an attempt cost, None: by the prices of the configuration; `cost_centre` who pays a request.
    Nothing that a first request does not need is imported before it.
    """

    def __init__(
        self, folder: Path, spending: Spending, clock: Callable[[], float], wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._spending = spending
        self._clock = clock
        self._wall_clock = wall_clock
        self._ledger: Ledger | None = None
        self._books: dict[Ledger | None, Books] = {}
        # Names that no other process gives, and no other router of this one.
        self._prefix = secrets.token_hex(8)
        self._numbers = itertools.count()
        self.enabled = True
        self.pricing: Pricing | None = None
        self.cost_centre: Callable[[RoutingRequest], str] = named_cost_centre

    @property
    def ledger(self) -> Ledger | None:
        """The ledger; None where the configuration wants none."""
        if not self.enabled:
            return None
        if self._ledger is None:
            from nearline_router.ledger.ledger import Ledger

            self._ledger = Ledger(self._folder, self._wall_clock, self._spending.committed)
        return self._ledger

    @property
    def trouble(self) -> str:
        """Why attempts are not recorded; "" if they are, or if none was yet."""
        return self._ledger.trouble if self._ledger and self.enabled else ""

    def prepare(self) -> None:
        """Do now what the first attempt would wait for; for a thread."""
        self._books_of(self.ledger)
        if ledger := self.ledger:
            ledger.prepare()

    def call(self, request: RoutingRequest, question: Question, decision: Decision) -> Call:
        """One request, whose attempts are told here."""
        # An attempt is closed where it was opened, whatever the configuration says by then.
        books = self._books_of(self.ledger)
        return books.call(request.id or self._new_id(), self.cost_centre(request) or "default", question, decision)

    def event(self, endpoint: str, kind: str, state: str, reason: str) -> None:
        """See `Ledger.event`."""
        if ledger := self.ledger:
            ledger.event(endpoint, kind, state, reason)

    async def aclose(self) -> None:
        """Write what is left."""
        if self._ledger:
            await self._ledger.aclose()

    def _books_of(self, ledger: Ledger | None) -> Books:
        if ledger not in self._books:
            from nearline_router.ledger.call import Books

            opened, closed = partial(self._opened, ledger), partial(self._closed, ledger)
            self._books[ledger] = Books(opened, closed, self._cost, self._new_id, self._clock, self._now_us)
        return self._books[ledger]

    def _cost(self, profile: Profile, usage: Usage) -> Cost:
        from nearline_router.ledger.cost import configured_cost

        return (self.pricing or configured_cost)(profile, usage)

    def _opened(self, ledger: Ledger | None, attempt: Attempt) -> None:
        if not attempt.local:
            self._spending.reserve(attempt.id, attempt.predicted_nano or 0)
        if ledger:
            ledger.open(attempt)

    def _closed(self, ledger: Ledger | None, attempt: Attempt, outcome: Outcome) -> None:
        if not attempt.local:
            self._spending.settle(attempt.id, outcome.marginal_nano or 0, final=ledger is None)
        if ledger:
            ledger.close(attempt.id, outcome)

    def _new_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"

    def _now_us(self) -> int:
        return int(self._wall_clock() * 1e6)
