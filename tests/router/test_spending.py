"""Today's sum, and the caps that are put on it."""

from __future__ import annotations

from datetime import date

import pytest

from nearline_router.errors import NoEndpoint
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
