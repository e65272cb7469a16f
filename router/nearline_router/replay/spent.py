"""What a replay has spent, and what the budgets of its configuration leave of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime

from nearline_router.budgets.budgets import Budgets
from nearline_router.budgets.room import Room
from nearline_router.config.accounting import BudgetConfig
from nearline_router.ledger.records import Totals
from nearline_router.prices.price import NANO_PER_USD


class Spent:
    """Marginal nano-dollars at endpoints that are not local, by cost centre, in the day and month (UTC) in hand.

    Times are Unix microseconds and do not go back.
    """

    def __init__(self, budgets: Sequence[BudgetConfig]) -> None:
        self._budgets = Budgets(budgets)
        self._of = date.min
        self._day: Counter[str] = Counter()
        self._month: Counter[str] = Counter()

    def today_usd(self, at_us: int) -> float:
        """All of this day, for the caps on spending."""
        self._turn(at_us)
        return self._day.total() / NANO_PER_USD

    def room(self, cost_centre: str, at_us: int) -> Room:
        """What is left for a cost centre."""
        return self._budgets.room(cost_centre, self._turn(at_us))

    def add(self, cost_centre: str, at_us: int, nano: int) -> None:
        """A request has cost this."""
        self._turn(at_us)
        self._day[cost_centre] += nano
        self._month[cost_centre] += nano
        self._budgets.committed(Totals(self._day, self._month, at_us))

    def _turn(self, at_us: int) -> date:
        """The day, at whose beginning the sums begin too."""
        today = datetime.fromtimestamp(at_us / 1e6, UTC).date()
        if today != self._of:
            self._day.clear()
        if (today.year, today.month) != (self._of.year, self._of.month):
            self._month.clear()
        self._of = today
        return today
