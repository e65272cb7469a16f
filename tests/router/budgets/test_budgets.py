"""Budgets: what counts against them, when they begin anew, and that none is ever overshot."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.budgets.budgets import Budgets
from nearline_router.budgets.room import UNLIMITED
from nearline_router.config.accounting import AccountingConfig
from nearline_router.ledger.records import Totals

TODAY, TOMORROW, NEXT_MONTH = date(2026, 11, 23), date(2026, 11, 24), date(2026, 12, 1)
USD = 1_000_000_000


def budgets(*said: dict[str, Any]) -> Budgets:
    """Budgets as a file gives them."""
    return Budgets(AccountingConfig.model_validate({"budgets": said}).budgets)


def totals(day: dict[str, int], month: dict[str, int], settled: frozenset[str] = frozenset()) -> Totals:
    """The ledger's sums of today."""
    at_us = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1e6)
    return Totals(day, month, at_us, settled)


MONTH = {"per": "month", "hard_usd": 80, "soft_usd": 50}
DAY = {"per": "day", "hard_usd": 5}


def test_what_is_spent_held_and_settled_counts_together() -> None:
    """$40 of the ledger, $10 under way and $20 that the ledger does not have yet leave $10 of 80."""
    all_ = budgets(MONTH)
    all_.committed(totals({}, {"a": 30 * USD, "b": 10 * USD}))
    assert all_.reserve("1", "a", 10 * USD, TODAY) == ""
    assert all_.reserve("2", "b", 25 * USD, TODAY) == ""
    all_.settle("2", 20 * USD)

    assert all_.room("c", TODAY).hard_nano == 10 * USD


def test_an_attempt_counts_once_when_the_ledger_has_it() -> None:
    """The sums take over what was settled."""
    all_ = budgets(MONTH)
    all_.reserve("1", "a", 10 * USD, TODAY)
    all_.settle("1", 7 * USD)
    all_.committed(totals({"a": 7 * USD}, {"a": 7 * USD}, frozenset({"1"})))

    assert all_.room("a", TODAY).hard_nano == 73 * USD


def test_sums_that_are_quicker_than_the_settling_count_once_too() -> None:
    """Another thread reads them."""
    all_ = budgets(MONTH)
    all_.reserve("1", "a", 10 * USD, TODAY)
    all_.committed(totals({"a": 7 * USD}, {"a": 7 * USD}, frozenset({"1"})))
    assert all_.room("a", TODAY).hard_nano == 73 * USD
    all_.settle("1", 7 * USD)

    assert all_.room("a", TODAY).hard_nano == 73 * USD


def test_what_never_left_gives_its_room_back() -> None:
    """A request that was cancelled in the queue."""
    all_ = budgets(DAY)
    all_.reserve("1", "a", 5 * USD, TODAY)
    assert all_.reserve("2", "a", 1, TODAY) != ""

    all_.release("1")

    assert all_.reserve("2", "a", 1, TODAY) == ""


def test_an_attempt_of_unknown_cost_counts_as_it_was_estimated() -> None:
    """Not as nothing."""
    all_ = budgets(DAY)
    all_.reserve("1", "a", 2 * USD, TODAY)
    all_.settle("1", None)

    assert all_.room("a", TODAY).hard_nano == 3 * USD


def test_a_refused_reservation_holds_nothing_back() -> None:
    """And says which budget it is and when it begins anew."""
    all_ = budgets({"cost_centre": "billing", **MONTH})

    assert all_.reserve("1", "billing", 81 * USD, TODAY) == (
        "the budget of $80 a month for billing is used up until 2026-12-01 (UTC)"
    )
    assert all_.room("billing", TODAY).hard_nano == 80 * USD


@pytest.mark.parametrize(
    ("per", "today", "until"),
    [
        ("day", date(2026, 11, 23), "2026-11-24"),
        ("day", date(2026, 12, 31), "2027-01-01"),
        ("month", date(2026, 12, 31), "2027-01-01"),
        ("month", date(2027, 1, 31), "2027-02-01"),
        ("month", date(2026, 11, 1), "2026-12-01"),
    ],
)
def test_a_budget_says_when_it_begins_anew(per: str, today: date, until: str) -> None:
    """Midnight UTC of the next day or month."""
    assert budgets({"per": per, "hard_usd": 0}).room("a", today).hard.endswith(f"used up until {until} (UTC)")


def test_a_new_day_begins_anew_and_a_new_month_too() -> None:
    """Also before the ledger said so."""
    all_ = budgets(DAY, MONTH)
    all_.committed(totals({"a": 5 * USD}, {"a": 60 * USD}))

    assert all_.room("a", TODAY).hard_nano == 0
    assert all_.room("a", TOMORROW).hard_nano == 5 * USD
    assert all_.room("a", TOMORROW).soft_nano == -10 * USD
    assert all_.room("a", NEXT_MONTH).soft_nano == 50 * USD


def test_what_is_under_way_at_midnight_counts_for_the_new_day() -> None:
    """Until the ledger knows better."""
    all_ = budgets(DAY)
    all_.reserve("1", "a", 2 * USD, TODAY)

    assert all_.room("a", TOMORROW).hard_nano == 3 * USD


def test_what_ended_yesterday_is_not_todays_while_no_ledger_can_be_written() -> None:
    """It is this month's all the same, and counts once when the ledger has it at last."""
    all_ = budgets(DAY, MONTH)
    all_.reserve("1", "a", 5 * USD, TODAY)
    all_.settle("1", 5 * USD)
    assert all_.room("a", TODAY).hard_nano == 0

    assert all_.room("a", TOMORROW).hard_nano == 5 * USD
    assert all_.room("a", TOMORROW).soft_nano == 45 * USD
    all_.committed(totals({"a": 5 * USD}, {"a": 5 * USD}, frozenset({"1"})))
    assert all_.room("a", TOMORROW).soft_nano == 45 * USD


def test_a_ledger_that_begins_anew_gives_no_budget_room() -> None:
    """The old file was damaged; the money is spent."""
    all_ = budgets(DAY, MONTH)
    for usd in (3, 1, 2):
        all_.committed(totals({"a": usd * USD}, {"a": usd * USD}))

    assert all_.room("a", TODAY).hard_nano == USD
    assert all_.room("a", TOMORROW).soft_nano == 46 * USD


def test_of_several_budgets_the_nearest_limit_counts() -> None:
    """With its own sentence; another cost centre's does not."""
    all_ = budgets(MONTH, {"cost_centre": "a", "per": "day", "hard_usd": 1}, {"cost_centre": "b", **DAY, "hard_usd": 0})

    assert all_.room("a", TODAY).hard_nano == USD
    assert "$1 a day for a" in all_.room("a", TODAY).hard
    assert "$80 a month for everybody" in all_.room("c", TODAY).hard


def test_without_budgets_nothing_is_limited_or_remembered() -> None:
    """The usual case costs nothing."""
    none = budgets()

    assert none.reserve("1", "a", None, TODAY) == ""
    assert none.room("a", TODAY) is UNLIMITED
    assert none.verdict("a", 10**18, TODAY) == ""


def test_a_verdict_is_soft_before_it_is_hard() -> None:
    """As the sum grows."""
    all_ = budgets(MONTH)

    assert all_.verdict("a", 50 * USD, TODAY) == ""
    assert all_.verdict("a", 51 * USD, TODAY).startswith("the soft limit of $50 a month for everybody is reached")
    assert all_.verdict("a", 81 * USD, TODAY).startswith("the budget of $80 a month for everybody is used up")


def test_a_sentence_is_new_once_a_day() -> None:
    """Warnings do not come with every request."""
    all_ = budgets(MONTH)

    assert [all_.first_today("soft", TODAY) for _ in range(3)] == [True, False, False]
    assert all_.first_today("hard", TODAY)
    assert all_.first_today("soft", TOMORROW)


def test_another_configuration_goes_on_from_what_was_spent() -> None:
    """A reload gives nobody a second budget, and attempts under way end under the new one."""
    before, after = budgets(DAY), budgets({"per": "day", "hard_usd": 4})
    before.committed(totals({"a": USD}, {"a": USD}))
    before.reserve("1", "a", 2 * USD, TODAY)

    after.taken_over(before)
    after.settle("1", USD)

    assert after.room("a", TODAY).hard_nano == 2 * USD


CENTRES = st.sampled_from("ab")
STEPS = st.lists(
    st.tuples(st.just("reserve"), CENTRES, st.integers(0, 400))
    | st.tuples(st.just("settle"), st.integers(0, 30), st.floats(0, 1))
    | st.tuples(st.just("release"), st.integers(0, 30), st.none())
    | st.tuples(st.just("renew"), st.integers(0, 30), st.none()),
    max_size=60,
)


class World:
    """Attempts as they really are, beside what the budgets believe; limits are 1,000 nano-dollars, 600 for `a`."""

    def __init__(self) -> None:
        self.budgets = budgets({"per": "day", "hard_usd": 1e-6}, {"cost_centre": "a", "per": "month", "hard_usd": 6e-7})
        self.open: dict[str, tuple[str, int]] = {}
        self.closed: dict[str, tuple[str, int]] = {}
        self.recorded: set[str] = set()
        self.made = 0

    def reserve(self, centre: str, nano: int) -> None:
        """Somebody wants to send a request."""
        self.made += 1
        fits = self.used() + nano <= 1000 and (centre != "a" or self.used("a") + nano <= 600)
        refused = self.budgets.reserve(str(self.made), centre, nano, TODAY)
        if not refused:
            self.open[str(self.made)] = (centre, nano)
        # A request that costs nothing has no room either where a limit was reached.
        assert bool(refused) is not fits or nano == 0

    def settle(self, number: int, share: float) -> None:
        """One of them ends, and cost at most what was reserved."""
        if found := self.open.pop(str(number), None):
            self.closed[str(number)] = (found[0], int(found[1] * share))
            self.budgets.settle(str(number), int(found[1] * share))

    def release(self, number: int, _: object) -> None:
        """One of them never left."""
        self.open.pop(str(number), None)
        self.budgets.release(str(number))

    def renew(self, number: int, _: object) -> None:
        """The ledger writes some of those that ended."""
        new = frozenset(one for one in self.closed if int(one) <= number) - self.recorded
        self.recorded |= new
        sums = {
            centre: sum(self.closed[one][1] for one in self.recorded if self.closed[one][0] == centre)
            for centre in "ab"
        }
        self.budgets.committed(totals(sums, sums, new))

    def used(self, centre: str | None = None) -> int:
        """Nano-dollars that are spent or may still be."""
        return sum(nano for whose, nano in (*self.open.values(), *self.closed.values()) if centre in (None, whose))


@given(STEPS)
def test_no_budget_is_overshot_in_whatever_order_things_happen(steps: list[tuple[str, Any, Any]]) -> None:
    """Spent and held back never exceed a limit, and nothing that fits is refused."""
    world = World()
    for step, one, other in steps:
        getattr(world, step)(one, other)

        assert world.used() <= 1000
        assert world.used("a") <= 600
        assert world.budgets.room("b", TODAY).hard_nano == 1000 - world.used()
