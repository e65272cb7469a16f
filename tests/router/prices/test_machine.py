"""What a computer of one's own costs, with numbers that can be checked by hand."""

from __future__ import annotations

import pytest

from nearline_router.config.hardware import HardwareConfig
from nearline_router.prices.machine import WORKSTATION, Machine

# By the second of work, at half of all hours: the price 3,155.76 / 31,557,600 / 0.5 = $0.0002; maintenance
# 26.298 / 2,629,800 / 0.5 = $0.00002; idling 10 W x 0.36 / 3,600,000 / 0.5 = $0.000002; and 100 W more: $0.00001.
ROUND = Machine(
    HardwareConfig(
        price_usd=4155.76,
        resale_usd=1000,
        life_years=1,
        utilisation=0.5,
        idle_w=10,
        load_w=110,
        maintenance_hours_per_month=1,
        hourly_rate_usd=26.298,
    ),
    tariff_usd_per_kwh=0.36,
)
SECONDS_PER_MONTH = 2_629_800


def test_ten_seconds_cost_what_the_hand_reckons() -> None:
    """100 W x 10 s = 1,000 J, at $0.36 a kWh $0.0001; with everything 10 x $0.000222 more."""
    energy_uj, source = ROUND.energy_uj(10_000_000)

    assert (energy_uj, source) == (1_000_000_000, "modelled")
    assert ROUND.marginal_nano(energy_uj) == 100_000
    assert ROUND.full_nano(energy_uj, 10_000_000) == 2_320_000


def test_a_mac_studios_month_is_right_to_the_cent() -> None:
    """The defaults, used as much as they assume: a tenth of 730.5 hours.

    Written off: (3,999 - 1,199.70) / 48 = 58.31875. Maintained: 60. Idling all month: 10 W x 730.5 h = 7.305 kWh x 0.17
    = 1.24185. Working: 285 W x 73.05 h = 20.81925 kWh x 0.17 = 3.5392725. Together 123.0998725.
    """
    studio = Machine(HardwareConfig(), 0.17)
    busy_us = round(0.1 * SECONDS_PER_MONTH * 1e6)
    energy_uj, _ = studio.energy_uj(busy_us)

    assert round(studio.full_nano(energy_uj, busy_us) / 1e9, 2) == 123.10
    assert round(studio.marginal_nano(energy_uj) / 1e9, 2) == 3.54


def test_half_the_use_makes_a_second_twice_as_dear_but_not_its_electricity() -> None:
    """What is paid anyway is shared by fewer seconds."""
    idler = Machine(ROUND.hardware.model_copy(update={"utilisation": 0.25}), 0.36)

    assert idler.standing_usd_per_s == pytest.approx(2 * ROUND.standing_usd_per_s)
    assert idler.electricity_usd_per_s == ROUND.electricity_usd_per_s


@pytest.mark.parametrize(("watts", "expected_uj"), [(60.0, 50_000_000), (10.0, 0), (4.0, 0)])
def test_measured_watts_count_above_idling(watts: float, expected_uj: int) -> None:
    """What it draws anyway is not the request's; a sensor that says less than idling makes no negative cost."""
    assert ROUND.energy_uj(1_000_000, watts) == (expected_uj, "measured")


def test_a_computer_that_is_there_anyway_costs_its_electricity_only() -> None:
    """30 W for an hour at $0.20 are $0.006, full and marginal."""
    here = Machine(WORKSTATION, 0.20, assumed=True)
    energy_uj, _ = here.energy_uj(3_600_000_000)

    assert here.marginal_nano(energy_uj) == here.full_nano(energy_uj, 3_600_000_000) == 6_000_000


def test_the_assumptions_are_complete() -> None:
    """A report can be reckoned again from them, also where the resale was left open."""
    assert Machine(HardwareConfig(price_usd=1000), 0.2).assumptions() == {
        "price_usd": 1000,
        "life_years": 4,
        "resale_usd": 300,
        "utilisation": 0.1,
        "idle_w": 10,
        "load_w": 295,
        "maintenance_hours_per_month": 1,
        "hourly_rate_usd": 60,
        "tariff_usd_per_kwh": 0.2,
        "assumed": False,
    }
