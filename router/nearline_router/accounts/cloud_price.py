"""What the same tokens would have cost in the cloud, by the prices that were in force day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from sqlite3 import Connection

from nearline_router.accounts.period import DAY_US, start_us
from nearline_router.accounts.usage import Usage
from nearline_router.prices.price import TOKENS_PER_MTOK

# Where nothing was asked yet: nine tokens of prompt for one of answer, none of them cached.
TYPICAL = Usage(input_tokens=900_000, output_tokens=100_000)


@dataclass(frozen=True, slots=True)
class CloudPrice:
    """Nano-dollars for a million tokens from an instant on; `cached_nano` None: cached ones cost as much as others."""

    input_nano: int
    output_nano: int
    cached_nano: int | None = None
    since_us: int = 0

    def cost_nano(self, usage: Usage) -> int:
        """What this would cost; a prompt's tokens that were cached are so in the cloud, too."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        cached_nano = self.input_nano if self.cached_nano is None else self.cached_nano
        whole = (usage.input_tokens - cached) * self.input_nano + cached * cached_nano
        return (whole + usage.output_tokens * self.output_nano + TOKENS_PER_MTOK // 2) // TOKENS_PER_MTOK


@dataclass(frozen=True, slots=True)
class Cloud:
    """An endpoint to compare with: its prices, each from its instant on, the oldest first; one at least."""

    name: str
    prices: tuple[CloudPrice, ...]

    def cost_nano(self, usage: Mapping[date, Usage]) -> int:
        """What the usage of these days would cost at the prices of the days."""
        return sum(self.on(day).cost_nano(of_day) for day, of_day in usage.items())

    def on(self, day: date) -> CloudPrice:
        """The price at the end of a day; before the first one, that one."""
        until_us = start_us(day) + DAY_US
        return next((price for price in reversed(self.prices) if price.since_us < until_us), self.prices[0])


def cheapest(clouds: Iterable[Cloud], usage: Mapping[date, Usage]) -> Cloud | None:
    """The one that would cost least for this usage."""
    compared = usage if sum(of_day.tokens for of_day in usage.values()) else {date.max - timedelta(days=1): TYPICAL}
    return min(clouds, key=lambda cloud: cloud.cost_nano(compared), default=None)


def recorded_clouds(connection: Connection, endpoints: Collection[str]) -> list[Cloud]:
    """The priced ones of these endpoints, model by model, with every price that the ledger has of them."""
    found: dict[tuple[str, str], list[CloudPrice]] = defaultdict(list)
    query = (
        "SELECT endpoint, coalesce(model, ''), input_nano_per_mtok, output_nano_per_mtok, cached_nano_per_mtok,"
        " since_us FROM prices WHERE input_nano_per_mtok IS NOT NULL AND output_nano_per_mtok IS NOT NULL"
        " ORDER BY since_us, rowid"
    )
    for endpoint, model, *numbers in connection.execute(query):
        if endpoint in endpoints:
            found[endpoint, model].append(CloudPrice(*numbers))
    return [Cloud(endpoint, tuple(prices)) for (endpoint, _), prices in found.items()]
