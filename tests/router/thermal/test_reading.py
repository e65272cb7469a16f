"""Readings in common units."""

from __future__ import annotations

import pytest

from nearline_router.thermal.reading import Pressure, Reading, hottest_c, worst


@pytest.mark.parametrize(
    ("temperatures_c", "hottest"),
    [([61.5, 70.25], 70.25), ([0.0, 48.0], 48.0), ([127.0, -40.0, 55.0], 55.0), ([0.0, 0.0], None), ([], None)],
    ids=["the higher one", "a sensor that is not there", "broken sensors", "none is there", "none"],
)
def test_the_hottest_temperature_is_a_plausible_one(temperatures_c: list[float], hottest: float | None) -> None:
    """What no chip can have is no temperature."""
    assert hottest_c(temperatures_c) == hottest


def test_the_worst_of_several_readings_is_taken_by_kind() -> None:
    """The temperature may come from one sensor and the pressure from another."""
    readings = [Reading(70.0, Pressure.HEAVY), Reading(80.0), Reading(pressure=Pressure.MODERATE)]

    assert worst(readings) == Reading(80.0, Pressure.HEAVY)


def test_what_no_reading_knows_is_not_known() -> None:
    """No temperature is not a temperature of 0 °C."""
    assert worst([Reading(pressure=Pressure.NOMINAL)]) == Reading(None, Pressure.NOMINAL)
