"""The router's books: who pays and how much may be spent, the ledger where the configuration wants one, and prices."""

from __future__ import annotations

import asyncio
import getpass
import itertools
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from nearline_router.budgets.budgets import Budgets
from nearline_router.budgets.centres import CostCentres
from nearline_router.budgets.room import Room
from nearline_router.config.accounting import AccountingConfig
from nearline_router.errors import EndpointRefused
from nearline_router.planner.speed import Speed
from nearline_router.prices.priced import Priced
from nearline_router.spending import Spending, utc_today
from nearline_router.types import Infill, RoutingRequest, Usage

if TYPE_CHECKING:
    from nearline_router.ledger.call import Books, Call
    from nearline_router.ledger.cost import Cost
    from nearline_router.ledger.ledger import Ledger
    from nearline_router.ledger.records import Attempt, Outcome, PriceInForce, Totals
    from nearline_router.policy.decision import Decision
    from nearline_router.policy.question import Question
    from nearline_router.prices.price_list import PriceList
    from nearline_router.registry.profile import Profile
    from nearline_router.telemetry.start import TelemetryThread

# Preparations that take longer keep nobody from closing.
PREPARED_S = 2.0


class Accounting:
    """Keeps a ledger in `folder` while the configuration wants one. `wall_clock` is Unix time in s, `clock` is not.

    `client` is who asks. Nothing that a first request does not need is imported before it.
    """

    def __init__(
        self, folder: Path, spending: Spending, clock: Callable[[], float], wall_clock: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self._spending = spending
        self._clock = clock
        self._wall_clock = wall_clock
        self._ledger: Ledger | None = None
        self._books: dict[Ledger | None, Books] = {}
        # Names that no other process gives, and no other router of this one.
        self._prefix = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._prices: PriceList | None = None
        self._telemetry: TelemetryThread | None = None
        # `prepare` is for a thread: two ledgers would have two journals, and one that is made too late is never closed.
        self._making, self._preparing = threading.Lock(), threading.Lock()
        self._over = False
        self.enabled = True
        self.client = "library"
        self.budgets = Budgets(())
        self.configure(AccountingConfig())

    def configure(self, config: AccountingConfig) -> None:
        """Go by this; what was spent and is held back stays so."""
        if self._prices and config.enabled and not self.enabled:
            self._prices.tell_again()
        self.enabled = config.enabled
        self._config = config
        self._centres = CostCentres(config)
        self._user = _user() if any(rule.user for rule in config.cost_centres) else ""
        before, self.budgets = self.budgets, Budgets(config.budgets)
        self.budgets.taken_over(before)

    @property
    def ledger(self) -> Ledger | None:
        """The ledger; None where the configuration wants none."""
        if not self.enabled:
            return None
        with self._making:
            if self._ledger is None:
                from nearline_router.ledger.ledger import Ledger

                self._ledger = Ledger(self.folder, self._wall_clock, self._committed)
        return self._ledger

    @property
    def prices(self) -> PriceList:
        """The prices of endpoints; those that the ledger does not have yet are told to it when they first count."""
        with self._making:
            if self._prices is None:
                from nearline_router.prices.price_list import PriceList

                self._prices = PriceList(self._price_counts, self._wall_clock)
        return self._prices

    @property
    def trouble(self) -> str:
        """Why attempts are not recorded; "" if they are, or if none was yet."""
        return self._ledger.trouble if self._ledger and self.enabled else ""

    def read_prices(self, profiles: Iterable[Profile]) -> None:
        """Read the price lists, if one of these may be in them; for a thread."""
        if self.prices.lacks(profiles):
            self.prices.read()

    def read_spent(self) -> None:
        """Find out what all processes have spent; for a thread."""
        if ledger := self.ledger:
            ledger.flush()

    def prepare(self, profiles: Iterable[Profile]) -> None:
        """Do now what the first attempt would wait for, and find out prices and what was spent; for a thread."""
        with self._preparing:
            if self._over:
                return
            self._books_of(self.ledger)
            self.read_prices(profiles)
            if ledger := self.ledger:
                ledger.prepare()

    def priced(self, profile: Profile, speed: Speed) -> Priced:
        """What an endpoint costs now."""
        return self.prices.of(profile, speed)

    def cost_centre(self, request: RoutingRequest) -> str:
        """Who pays for a request."""
        if not self._config.cost_centres:
            return self._centres.of(named=request.cost_centre or "")
        repository = PurePath(request.workspace).name if request.workspace else ""
        return self._centres.of(
            repository=repository,
            path=_path(request),
            user=self._user,
            client=self.client,
            named=request.cost_centre or "",
        )

    def room(self, cost_centre: str) -> Room:
        """What the budgets leave to a cost centre."""
        return self.budgets.room(cost_centre, utc_today())

    def is_news(self, limit: str) -> bool:
        """Whether the user was not told today that this limit of a budget is reached."""
        return bool(limit) and self.budgets.first_today(limit, utc_today())

    def call(self, request: RoutingRequest, question: Question, decision: Decision) -> Call:
        """One request, whose attempts are told here."""
        # An attempt is closed where it was opened, whatever the configuration says by then.
        books = self._books_of(self.ledger)
        return books.call(request.id or self._new_id(), self.client, question, decision)

    def event(self, endpoint: str, kind: str, state: str, reason: str) -> None:
        """See `Ledger.event`."""
        if ledger := self.ledger:
            ledger.event(endpoint, kind, state, reason)

    async def aclose(self) -> None:
        """Write what is left."""
        await asyncio.to_thread(self._no_more)
        if self._ledger:
            await self._ledger.aclose()
        if self._telemetry:
            await asyncio.to_thread(self._telemetry.close)

    def _no_more(self) -> None:
        """Preparations that go on in a thread come to their end, unless the disk hangs, and none begins any longer."""
        self._over = True
        if self._preparing.acquire(timeout=PREPARED_S):
            self._preparing.release()

    def _books_of(self, ledger: Ledger | None) -> Books:
        if ledger not in self._books:
            from nearline_router.ledger.call import Books

            opened, closed = partial(self._opened, ledger), partial(self._closed, ledger)
            self._books[ledger] = Books(opened, closed, self._cost, self._new_id, self._clock, self._now_us)
        return self._books[ledger]

    def _cost(self, profile: Profile, usage: Usage) -> Cost:
        return self.prices.cost(profile, usage)

    def _price_counts(self, price: PriceInForce) -> None:
        if ledger := self.ledger:
            ledger.price(price)

    def _committed(self, totals: Totals) -> None:
        self._spending.committed(totals)
        self.budgets.committed(totals)

    def _opened(self, ledger: Ledger | None, attempt: Attempt) -> None:
        """Raises EndpointRefused for what a budget has no room for any longer: other requests were quicker."""
        if not attempt.local:
            estimate = attempt.predicted_nano
            if reason := self.budgets.reserve(attempt.id, attempt.cost_centre, estimate, utc_today()):
                raise EndpointRefused(f"{attempt.endpoint}: {reason}")
            self._spending.reserve(attempt.id, estimate or 0)
        if ledger:
            ledger.open(attempt)

    def _closed(self, ledger: Ledger | None, attempt: Attempt, outcome: Outcome) -> None:
        if not attempt.local:
            self.budgets.settle(attempt.id, outcome.marginal_nano)
            self._spending.settle(attempt.id, outcome.marginal_nano or 0, final=ledger is None)
        if ledger:
            ledger.close(attempt.id, outcome)
        if self._config.otel:
            self._sink().closed(attempt, outcome)

    def _sink(self) -> TelemetryThread:
        if self._telemetry is None:
            from nearline_router.telemetry.start import TelemetryThread

            self._telemetry = TelemetryThread(enabled=True)
        return self._telemetry

    def _new_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"

    def _now_us(self) -> int:
        return int(self._wall_clock() * 1e6)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return ""


def _path(request: RoutingRequest) -> str:
    """The file as the workspace counts it, with / between; "" if there is none."""
    path = request.path or (request.prompt.path if isinstance(request.prompt, Infill) else "")
    file = PurePath(path)
    if request.workspace and file.is_relative_to(request.workspace):
        file = file.relative_to(request.workspace)
    return file.as_posix() if path else ""
