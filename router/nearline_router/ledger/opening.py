"""How a router opens its books: it reads prices and what was spent before money can be limited by them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from nearline_router.ledger.upkeep import kept_up

if TYPE_CHECKING:
    from nearline_router.fleet import Fleet
    from nearline_router.ledger.accounting import Accounting
    from nearline_router.upstream import Upstream

# What was spent is read in a tenth of this.
BOOKS_S = 2.0


class Opening:
    """Opens the books of an accounting once, and puts the prices into the standings of the fleet's endpoints.

    `fleet` is the one in force, another one after a reload. `start` begins work that ends with the router.
    """

    def __init__(
        self,
        accounting: Accounting,
        fleet: Callable[[], Fleet],
        start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._accounting = accounting
        self._fleet = fleet
        self._start = start
        self._task: asyncio.Task[None] | None = None
        self._upkeep: asyncio.Task[None] | None = None
        self._read = False

    def begin(self) -> None:
        """Open them in the background, and keep the ledger up from now on."""
        self._begun()
        if self._upkeep is None:
            self._upkeep = self._start(kept_up(self._accounting.folder, self._retention_days))

    def read(self) -> None:
        """Read prices and what was spent now, some 80 ms."""
        self._accounting.read_prices(self._fleet().profiles)
        self._accounting.read_spent()
        self.price_all()
        self._read = True

    async def limits_known(self) -> None:
        """Where money is limited and may be spent, return when they are read, or after `BOOKS_S`."""
        config, caps = self._fleet().config, self._fleet().config.spending
        capped = caps.max_usd_per_request is not None or caps.max_usd_per_day is not None
        limited = capped or bool(config.accounting.budgets)
        if limited and self._fleet().reaches_out and not self._read:
            # A disk that hangs keeps nobody from an answer.
            await asyncio.wait([self._begun()], timeout=BOOKS_S)

    def price_all(self) -> None:
        """The endpoints' prices are these from now on."""
        for upstream in self._fleet().upstreams.values():
            self.price(upstream)

    def price(self, upstream: Upstream) -> None:
        """A machine's price goes by its speed, a provider's may go by the hour."""
        upstream.standing.priced = self._accounting.priced(upstream.profile, upstream.speed)

    def _begun(self) -> asyncio.Task[None]:
        if self._task is None:
            self._task = self._start(self._open())
        return self._task

    async def _open(self) -> None:
        await asyncio.to_thread(self._accounting.prepare, self._fleet().profiles)
        self.price_all()
        self._read = True

    def _retention_days(self) -> int | None:
        accounting = self._fleet().config.accounting
        return accounting.retention_days if accounting.enabled else None
