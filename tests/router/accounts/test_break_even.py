"""When a machine pays for itself, in plain words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.accounts.break_even import BreakEven, Owned, break_even
from nearline_router.accounts.cloud_price import Cloud, CloudPrice
from nearline_router.accounts.usage import Usage
from nearline_router.config.hardware import HardwareConfig
from nearline_router.prices.machine import Machine

DAY = date(2026, 11, 2)
MONTH_S = 30 * 86_400.0
CLOUD = Cloud("openrouter", (CloudPrice(400_000_000, 1_200_000_000),))


def judged(mtok: float, busy_s: float, cloud: Cloud | None = CLOUD, **hardware: float) -> BreakEven:
    """A machine that read so many million tokens in a month of 30 days, busy for so long."""
    machine = Machine(HardwareConfig.model_validate(hardware), 0.17)
    usage = Usage(input_tokens=round(mtok * 1e6), busy_us=round(busy_s * 1e6))
    return break_even(Owned("studio", frozenset({"studio"}), machine), {DAY: usage}, MONTH_S, cloud)


def test_never_where_a_token_s_electricity_costs_more_than_the_cloud() -> None:
    """All hours would not do."""
    found = judged(1, 1_000_000)

    assert (found.needed, found.payback_months) == (None, None)
    assert found.sentence.endswith(
        "never pays for itself within its 4 years, and no load would change that: "
        "even busy all hours it costs more than openrouter."
    )


@pytest.mark.parametrize(("price_usd", "words"), [
    (0, "from the first day"), (10, "in 2 days"), (200, "in 2 months"), (3999, "in 2.6 years")
])  # fmt: skip
def test_how_long_it_takes_is_said_in_days_months_or_years(price_usd: float, words: str) -> None:
    """128 dollars less in 30 days."""
    hardware = {"price_usd": price_usd, "resale_usd": 0, "maintenance_hours_per_month": 0, "idle_w": 0, "load_w": 0}
    found = judged(320, 1_000, **hardware)

    assert f" {words}, compared with openrouter." in found.sentence


def test_without_a_price_in_the_cloud_nothing_is_said_for_sure() -> None:
    """It is unknown."""
    assert "is unknown" in judged(1, 1, cloud=None).sentence


def test_a_machine_that_did_nothing_never_pays_for_itself() -> None:
    """And nothing is divided by zero."""
    found = judged(0, 0)

    assert (found.utilisation, found.payback_months, found.needed) == (0, None, None)


@given(st.floats(0, 10_000), st.floats(1, MONTH_S), st.floats(0, 20_000), st.floats(0, 4))
def test_it_pays_for_itself_exactly_where_it_is_as_busy_as_needed(
    mtok: float, busy_s: float, price_usd: float, hours: float
) -> None:
    """The two ways to say it never contradict each other."""
    found = judged(mtok, busy_s, price_usd=price_usd, maintenance_hours_per_month=hours)
    enough = found.needed is not None and found.utilisation >= found.needed
    at_the_edge = found.needed is not None and abs(found.utilisation / found.needed - 1) < 1e-6

    assert at_the_edge or enough == (found.payback_months is not None)
