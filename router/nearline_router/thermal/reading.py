"""What one look at a machine's heat says, in units that every platform can be brought to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

# Sensors that are not there say 0, and broken ones 127, 128 or less than nothing.
PLAUSIBLE_C = (0.0, 125.0)


class Pressure(IntEnum):
    """The operating system's own verdict, by Apple's names; from HEAVY on it slows the processor down.

    NSProcessInfo calls the same four steps nominal, fair, serious and critical.
    """

    NOMINAL = 0
    MODERATE = 1
    HEAVY = 2
    TRAPPING = 3


# "Sleeping" is the step after trapping: the machine goes to sleep to cool down.
PRESSURE_NAMES = {
    "nominal": Pressure.NOMINAL,
    "moderate": Pressure.MODERATE,
    "fair": Pressure.MODERATE,
    "heavy": Pressure.HEAVY,
    "serious": Pressure.HEAVY,
    "trapping": Pressure.TRAPPING,
    "critical": Pressure.TRAPPING,
    "sleeping": Pressure.TRAPPING,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample; None where the sensor does not know."""

    temperature_c: float | None = None
    pressure: Pressure | None = None


class SensorLost(Exception):
    """There is nothing to read, and there will not be."""


class Sensor(Protocol):
    """One source of readings. It is read in a thread of its own, so it may block."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        ...

    def read(self) -> Reading | None:
        """What it says now; None: nothing this time. A sensor that raises is not asked again."""
        ...


def hottest_c(temperatures_c: Iterable[float]) -> float | None:
    """The highest plausible temperature; None when there is none."""
    low, high = PLAUSIBLE_C
    return max((value for value in temperatures_c if low < value < high), default=None)


def worst(readings: Iterable[Reading]) -> Reading:
    """The hottest of each kind over several readings."""
    seen = list(readings)
    temperatures_c = [reading.temperature_c for reading in seen if reading.temperature_c is not None]
    pressures = [reading.pressure for reading in seen if reading.pressure is not None]
    return Reading(max(temperatures_c, default=None), max(pressures, default=None))
