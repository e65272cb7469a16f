"""The prices of a router's endpoints: looked up when they are needed, recorded when they are first used."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from nearline_router.ledger.cost import Cost
from nearline_router.ledger.records import PriceInForce
from nearline_router.ledger.sources import EnergySource
from nearline_router.planner.speed import Speed
from nearline_router.prices.cost import Counts, cost_of
from nearline_router.prices.priced import Priced, price_of
from nearline_router.registry.profile import Profile
from nearline_router.types import Usage

if TYPE_CHECKING:  # it reads long lists
    from nearline_router.prices.published import Published


class PriceList:
    """Prices by the configuration, and by the providers' lists once these were read.

    `on_price` is told every price before the first cost that is reckoned by it, and again after another one. `clock` is
    Unix time.
    """

    def __init__(
        self, on_price: Callable[[PriceInForce], None] = lambda _: None, clock: Callable[[], float] = time.time
    ) -> None:
        self._on_price = on_price
        self._clock = clock
        self._published: Published | None = None
        self._told: dict[tuple[str, str | None], str] = {}

    def lacks(self, profiles: Iterable[Profile]) -> bool:
        """Whether one of these may have a price in the lists, which were not read yet."""
        return self._published is None and any(
            not (one.local or one.full.known or one.marginal.known) for one in profiles
        )

    def read(self) -> None:
        """Read the providers' lists, which takes some 80 ms; for a thread. Nothing is fetched."""
        from nearline_router.prices.published import Published

        self._published = Published(self._clock)

    def tell_again(self) -> None:
        """Who is told prices has forgotten them, or did not listen."""
        self._told.clear()

    def of(self, profile: Profile, speed: Speed | None = None) -> Priced:
        """The price of an endpoint now; see `price_of`."""
        return price_of(profile, speed, self._published)

    def cost(self, profile: Profile, usage: Usage) -> Cost:
        """What an attempt cost by its counts and times; what is not counted is nothing."""
        priced = self.of(profile)
        self._record(profile, priced)
        energy_uj, source = _energy(profile, usage)
        fresh, cached = usage.evaluated_tokens or 0, usage.cached_tokens or 0
        written, busy_us = usage.cache_written_tokens, _busy_us(usage)
        counts = Counts(fresh + cached, cached, usage.output_tokens or 0, busy_us, energy_uj, written)
        return Cost(*cost_of(priced, counts), priced.version, energy_uj, source)

    def _record(self, profile: Profile, priced: Priced) -> None:
        if priced.version and self._told.get((profile.id, profile.model)) != priced.version:
            self._told[profile.id, profile.model] = priced.version
            since_us = int(self._clock() * 1e6)
            price = PriceInForce(endpoint=profile.id, model=profile.model, since_us=since_us, **priced.columns())
            self._on_price(price)


def _busy_us(usage: Usage) -> int | None:
    if usage.prefill_ms is None and usage.decode_ms is None:
        return None
    return round(((usage.prefill_ms or 0.0) + (usage.decode_ms or 0.0)) * 1000)


def _energy(profile: Profile, usage: Usage) -> tuple[int | None, EnergySource]:
    """Of a machine of one's own, whoever says what its tokens cost."""
    busy_us = _busy_us(usage)
    return (None, "none") if profile.machine is None or busy_us is None else profile.machine.energy_uj(busy_us)
