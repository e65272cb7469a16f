"""Today's sum, and the caps that are put on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.errors import NoEndpoint
from nearline_router.ledger.records import Totals
from nearline_router.spending import Spending
from tests.router.routers import FAR, NEAR, World, router_in, text


class Calendar:
    """Days that pass when told."""

    day = date(2026, 11, 23)

    def __call__(self) -> date:
        return self.day


def test_a_new_day_begins_at_nothing() -> None:
    """At midnight, for both sums."""
    today = Calendar()
    spending = Spending(today)
    spending.add(1.5)
    spending.reserve_hedge(0.5)
    assert (spending.usd, spending.hedges_usd) == (1.5, 0.5)

    today.day = date(2026, 11, 24)

    assert (spending.usd, spending.hedges_usd) == (0.0, 0.0)


def test_a_restart_goes_on_with_the_same_day_only() -> None:
    """Yesterday's sum is yesterday's."""
    today = Calendar()
    spending = Spending(today)
    spending.add(1.5)
    again, tomorrow = Spending(today), Calendar()
    tomorrow.day = date(2026, 11, 24)
    later = Spending(tomorrow)

    again.restore(spending.state())
    later.restore(spending.state())

    assert (again.usd, later.usd) == (1.5, 0.0)


async def test_a_cap_on_the_day_ends_what_costs_money_and_nothing_else() -> None:
    """Local endpoints answer on."""
    router = router_in(
        World(), endpoints={"far": {**FAR, "cost_per_mtok": 0.1}, "near": NEAR}, spending={"max_usd_per_day": 1e-3}
    )
    assert await text(router) == "far"
    router.spending.add(1.0)

    assert await text(router) == "near"
    await router.aclose()


async def test_without_a_local_endpoint_the_cap_is_said() -> None:
    """As the reason for no answer."""
    router = router_in(World(), endpoints={"far": FAR}, spending={"max_usd_per_day": 1})
    router.spending.add(1.0)

    with pytest.raises(NoEndpoint, match=r"the cap of \$1 a day is reached"):
        await text(router)
    await router.aclose()


NOON_US = round(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1e6)


def totals(nano: int, *settled: str, at_us: int = NOON_US) -> Totals:
    """What a ledger says at noon, over two cost centres."""
    return Totals({"a": nano - 1, "b": 1}, {}, at_us, frozenset(settled))


def test_an_attempt_counts_by_its_estimate_then_its_cost_then_in_the_ledger() -> None:
    """At each moment once."""
    spending = Spending(Calendar())
    spending.reserve("x", 5_000_000_000)
    assert spending.usd == 5.0
    spending.settle("x", 2_000_000_000, final=False)
    assert spending.usd == 2.0

    spending.committed(totals(3_000_000_000, "x"))
    assert spending.usd == 3.0


def test_a_sum_of_the_ledger_without_ones_own_attempt_counts_beside_it() -> None:
    """It has not been written yet."""
    spending = Spending(Calendar())
    spending.settle("x", 1, final=False)
    spending.reserve("y", 2_000_000_000)
    spending.committed(totals(3_000_000_000))

    assert spending.usd == 5.0


def test_without_a_ledger_a_cost_is_final() -> None:
    """Nobody will say it again."""
    spending = Spending(Calendar())
    spending.reserve("x", 5_000_000_000)
    spending.settle("x", 2_000_000_000, final=True)

    assert spending.usd == 2.0


def test_a_ledger_that_begins_anew_takes_nothing_back() -> None:
    """What it once had was spent: the old file was damaged, or rows were forgotten."""
    spending = Spending(Calendar())
    for nano in (3_000_000_000, 1_000_000_000, 2_000_000_000):
        spending.committed(totals(nano))

    assert spending.usd == 4.0


def test_what_was_remembered_counts_once_beside_the_ledger() -> None:
    """It is the same money."""
    before, after = Spending(Calendar()), Spending(Calendar())
    before.committed(totals(3_000_000_000))
    after.restore(before.state())
    assert after.usd == 3.0
    after.committed(totals(4_000_000_000))

    assert after.usd == 4.0


def test_a_sum_of_yesterday_that_comes_late_is_not_todays() -> None:
    """Nor are the attempts of yesterday, however they end."""
    today = Calendar()
    spending = Spending(today)
    spending.reserve("x", 1_000_000_000)
    today.day = date(2026, 11, 24)
    spending.committed(totals(3_000_000_000))
    spending.settle("x", 1_000_000_000, final=False)

    assert spending.usd == 0.0


@dataclass
class Truth:
    """What was really spent, what the ledger has of it, and what a process thinks."""

    spending: Spending
    spent: int = 0
    written: int = 0
    unwritten: dict[str, int] = field(default_factory=dict)


STEPS = st.lists(
    st.tuples(st.sampled_from(["ours", "another's", "commit", "anew"]), st.integers(0, 10**10), st.booleans()),
    max_size=30,
)


@given(STEPS)
def test_the_sum_is_never_below_the_truth(steps: list[tuple[str, int, bool]]) -> None:
    """In whatever order attempts end, are written by this process or another, and the ledger begins anew."""
    truth = Truth(Spending(Calendar()))
    for number, (what, nano, late) in enumerate(steps):
        if what == "ours":
            truth.spending.reserve(str(number), 0)
            truth.spending.settle(str(number), nano, final=False)
            truth.spent, truth.unwritten[str(number)] = truth.spent + nano, nano
        elif what == "another's":
            truth.written, truth.spent = truth.written + nano, truth.spent + nano
            truth.spending.committed(totals(truth.written))
        elif what == "anew":
            truth.written = 0
            truth.spending.committed(totals(0))
        else:
            truth.written += sum(truth.unwritten.values())
            truth.spending.committed(totals(truth.written, *truth.unwritten))
            truth.unwritten.clear()
        # The sum is asked for at any time, or late.
        assert late or round(truth.spending.usd * 1e9) >= truth.spent

    assert round(truth.spending.usd * 1e9) >= truth.spent
    assert "anew" in {what for what, *_ in steps} or round(truth.spending.usd * 1e9) == truth.spent
