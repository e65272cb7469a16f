"""What went to endpoints that are not local today, by the router's own estimate; never less than that.

That is what the ledger has of all processes, and what it does not have yet of this one's attempts.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from nearline_router.prices.price import NANO_PER_USD

if TYPE_CHECKING:
    from nearline_router.ledger.records import Totals

DAY_S = 86_400
EPOCH = date(1970, 1, 1).toordinal()


def utc_today() -> date:
    """The day as providers bill it."""
    return date.fromordinal(EPOCH + int(time.time()) // DAY_S)


class Spending:
    """US dollars since midnight UTC. For one thread, but for `committed`."""

    def __init__(self, today: Callable[[], date] = utc_today) -> None:
        self._today = today
        self._hedges_usd = 0.0
        self._totals: deque[Totals] = deque()
        self._new_day(today())

    @property
    def usd(self) -> float:
        """Everything."""
        self._turn_page()
        self._take_totals()
        return (self._base_nano + self._committed_nano + sum(self._attempts.values())) / NANO_PER_USD

    @property
    def hedges_usd(self) -> float:
        """What second requests of hedges may have cost."""
        self._turn_page()
        return self._hedges_usd

    def add(self, usd: float) -> None:
        """Something was spent that no ledger knows of."""
        self._turn_page()
        self._base_nano += round(usd * NANO_PER_USD)

    def reserve(self, attempt: str, nano: int) -> None:
        """An attempt begins that will cost about this."""
        self._turn_page()
        self._attempts[attempt] = nano

    def settle(self, attempt: str, nano: int, *, final: bool) -> None:
        """It has cost this. `final`: no ledger will say so again."""
        self._turn_page()
        if final:
            self._attempts.pop(attempt, None)
            self._base_nano += nano
        elif attempt in self._attempts:  # else it is yesterday's
            self._attempts[attempt] = nano

    def committed(self, totals: Totals) -> None:
        """The ledger has this of all processes. From any thread; counted when the sum is asked for."""
        self._totals.append(totals)

    def reserve_hedge(self, usd: float) -> None:
        """A second request was begun that may cost this for nothing."""
        self._turn_page()
        self._hedges_usd += usd

    def state(self) -> dict[str, Any]:
        """Plain values for `restore`."""
        return {"day": self._day.isoformat(), "usd": self.usd, "hedges_usd": self._hedges_usd}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave, if that was today."""
        if state.get("day") == self._today().isoformat():
            self._new_day(self._today())
            # As if a ledger had said so: it has it too, unless it is a new one.
            self._committed_nano = round(float(state.get("usd", 0.0)) * NANO_PER_USD)
            self._hedges_usd = float(state.get("hedges_usd", 0.0))

    def _take_totals(self) -> None:
        while self._totals:
            totals = self._totals.popleft()
            if datetime.fromtimestamp(totals.at_us / 1e6, UTC).date() == self._day:
                self._take(sum(totals.day.values()))
            for attempt in totals.settled:
                self._attempts.pop(attempt, None)

    def _take(self, nano: int) -> None:
        # What a ledger once had was spent, though it may have been begun anew since.
        self._base_nano += max(0, self._committed_nano - nano)
        self._committed_nano = nano

    def _turn_page(self) -> None:
        if self._day != (today := self._today()):
            self._new_day(today)

    def _new_day(self, day: date) -> None:
        self._day = day
        self._base_nano = self._committed_nano = 0
        self._attempts: dict[str, int] = {}
        self._hedges_usd = 0.0
