"""The temperature in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from nearline_router.thermal.reading import Reading
from nearline_router.thermal.simulated import SimulatedSensor


def test_the_number_in_the_file_is_the_temperature(tmp_path: Path) -> None:
    """Read anew each time, with or without an end of line."""
    path = tmp_path / "temperature"
    sensor = SimulatedSensor(path)

    path.write_text("91.5\n")
    first = sensor.read()
    path.write_text("60")

    assert (first, sensor.read()) == (Reading(91.5), Reading(60.0))


@pytest.mark.parametrize("text", [None, "", "hot", "nan", "inf", "91 92"])
def test_a_file_without_a_number_says_nothing_this_time(tmp_path: Path, text: str | None) -> None:
    """It may be there, or whole, the next time."""
    path = tmp_path / "temperature"
    if text is not None:
        path.write_text(text)

    assert SimulatedSensor(path).read() is None
