"""What may be spent, what was, and what is held back for requests under way, so that no limit is overshot.

The estimate of an attempt is reserved before it is sent, and settled by what it cost in the end. What is settled counts
here until the ledger's sums, which are of all processes, are known to have it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

from nearline_router.budgets.room import UNLIMITED, Room
from nearline_router.budgets.sentences import hard_sentence, soft_sentence
from nearline_router.config.accounting import BudgetConfig
from nearline_router.prices.price import NANO_PER_USD

if TYPE_CHECKING:
    from nearline_router.ledger.records import Totals


class Held(NamedTuple):
    """What one attempt may cost, or did, and the day on which it began: that is the one the ledger counts it by."""

    cost_centre: str
    nano: int
    day: date


class Limits(NamedTuple):
    """One budget in nano-dollars and words."""

    config: BudgetConfig
    hard_nano: int | None
    soft_nano: int | None


class Budgets:
    """The budgets of a configuration. Days and months are UTC's; `today` is passed in.

    For one thread, but for `committed`.
    """

    def __init__(self, budgets: Sequence[BudgetConfig]) -> None:
        self._limits = [Limits(one, _nano(one.hard_usd), _nano(one.soft_usd)) for one in budgets]
        self._spent: dict[str, Counter[str]] = {"day": Counter(), "month": Counter()}
        self._of_day = date.min
        self._held: dict[str, Held] = {}
        self._settled: dict[str, Held] = {}
        self._pending: Counter[str] = Counter()
        # By day: what ended on a day that is over is no part of the new day's, though no ledger could be written yet.
        self._unwritten: dict[date, Counter[str]] = {}
        self._lost: dict[str, Counter[str]] = {"day": Counter(), "month": Counter()}
        self._told: set[tuple[date, str]] = set()
        self._news: deque[Totals] = deque()

    def committed(self, totals: Totals) -> None:
        """The ledger has this of all processes. From any thread; counted when the next limit is looked at."""
        self._news.append(totals)

    def room(self, cost_centre: str, today: date) -> Room:
        """What is left for a cost centre before the nearest limits of each kind."""
        while self._news:
            self._take(self._news.popleft())
        room = UNLIMITED
        for limits in self._limits_of(cost_centre):
            room = _narrower(room, limits, self._used_nano(limits.config, today), today)
        return room

    def verdict(self, cost_centre: str, estimate_nano: int | None, today: date) -> str:
        """The sentence of the limit that an estimate goes beyond, the hard one first; "" if there is room for it."""
        return self.room(cost_centre, today).verdict(estimate_nano)

    def reserve(self, attempt: str, cost_centre: str, estimate_nano: int | None, today: date) -> str:
        """Hold an estimate back for an attempt that is about to leave; "" if done.

        Else the sentence of the hard limit that it goes beyond, and nothing is held back: the attempt must not leave.
        Only for endpoints that are not local. An unknown estimate is beyond every hard limit.
        """
        if not self._limits:
            return ""
        self.release(attempt)
        if reason := self.room(cost_centre, today).forbids(estimate_nano):
            return reason
        self._held[attempt] = held = Held(cost_centre, estimate_nano or 0, today)
        self._pending[cost_centre] += held.nano
        return ""

    def settle(self, attempt: str, cost_nano: int | None) -> None:
        """An attempt is over and cost this; what nobody knows counts as it was estimated."""
        held = self._held.pop(attempt, None)
        if held is None:
            return
        cost = held.nano if cost_nano is None else cost_nano
        self._pending[held.cost_centre] -= held.nano
        self._unwritten.setdefault(held.day, Counter())[held.cost_centre] += cost
        self._settled[attempt] = held._replace(nano=cost)

    def release(self, attempt: str) -> None:
        """An attempt did not leave: nothing is held back for it any longer."""
        if held := self._held.pop(attempt, None):
            self._pending[held.cost_centre] -= held.nano

    def first_today(self, sentence: str, today: date) -> bool:
        """Whether a sentence was not asked about before on this day: warnings are said once a day."""
        self._told = {one for one in self._told if one[0] == today}
        new = (today, sentence) not in self._told
        self._told.add((today, sentence))
        return new

    def taken_over(self, before: Budgets) -> None:
        """Go on from another configuration's: what was spent and is held back does not change with it."""
        self._spent, self._of_day, self._told = before._spent, before._of_day, before._told
        self._held, self._settled, self._pending = before._held, before._settled, before._pending
        self._unwritten, self._lost, self._news = before._unwritten, before._lost, before._news

    def _take(self, totals: Totals) -> None:
        """Attempts that the ledger's sums have do not count a second time."""
        spent = {"day": Counter(totals.day), "month": Counter(totals.month)}
        day = datetime.fromtimestamp(totals.at_us / 1e6, UTC).date()
        for per, new in spent.items():
            # What a ledger once had was spent, though it may have been begun anew since.
            same = _same_period(per, day, self._of_day)
            self._lost[per] = self._lost[per] + (self._spent[per] - new) if same else Counter()
        self._spent, self._of_day = spent, day
        for attempt in totals.settled:
            self.release(attempt)
            if held := self._settled.pop(attempt, None):
                self._unwritten[held.day][held.cost_centre] -= held.nano

    def _limits_of(self, cost_centre: str) -> Iterator[Limits]:
        return (one for one in self._limits if one.config.cost_centre in (None, cost_centre))

    def _used_nano(self, budget: BudgetConfig, today: date) -> int:
        """Spent in the budget's period, settled since, and held back; the sums of a period that is over are nothing."""
        parts = [self._pending]
        parts += [of for day, of in self._unwritten.items() if _same_period(budget.per, day, today)]
        if _same_period(budget.per, self._of_day, today):
            parts += self._spent[budget.per], self._lost[budget.per]
        centre = budget.cost_centre
        return sum(part.total() if centre is None else part[centre] for part in parts)


def _same_period(per: str, one: date, other: date) -> bool:
    return one == other if per == "day" else (one.year, one.month) == (other.year, other.month)


def _narrower(room: Room, limits: Limits, used_nano: int, today: date) -> Room:
    """The room that is left beneath the limits of one budget more."""
    if limits.hard_nano is not None and (room.hard_nano is None or limits.hard_nano - used_nano < room.hard_nano):
        room = replace(room, hard_nano=limits.hard_nano - used_nano, hard=hard_sentence(limits.config, today))
    if limits.soft_nano is not None and (room.soft_nano is None or limits.soft_nano - used_nano < room.soft_nano):
        room = replace(room, soft_nano=limits.soft_nano - used_nano, soft=soft_sentence(limits.config))
    return room


def _nano(usd: float | None) -> int | None:
    return None if usd is None else round(usd * NANO_PER_USD)
