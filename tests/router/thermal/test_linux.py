"""Which of a Linux machine's many temperatures is the one that counts."""

from __future__ import annotations

import psutil
import pytest

from nearline_router.thermal.linux import Psutil, hottest_chip_c
from nearline_router.thermal.reading import Reading, SensorLost


class Entry:
    """One of psutil's temperatures, of which only the current value is used."""

    def __init__(self, current: float) -> None:
        self.current = current


LAPTOP = {
    "acpitz": [Entry(99.0)],
    "nvme": [Entry(81.9), Entry(92.9)],
    "iwlwifi_1": [Entry(95.0)],
    "coretemp": [Entry(71.0), Entry(74.0), Entry(69.0)],
}


@pytest.mark.parametrize(
    ("chips", "hottest"),
    [
        (LAPTOP, 74.0),
        ({"k10temp": [Entry(66.5)], "amdgpu": [Entry(78.0)]}, 78.0),
        ({"cpu_thermal": [Entry(48.3)]}, 48.3),
        ({"acpitz": [Entry(52.0)], "nvme": [Entry(60.0)]}, 52.0),
        ({"nvme": [Entry(60.0)]}, None),
        ({"coretemp": [Entry(0.0)]}, None),
        ({}, None),
    ],
    ids=["laptop", "AMD with graphics", "board computer", "only the board", "only a disk", "asleep", "container"],
)
def test_the_hottest_chip_that_computes_counts(chips: dict[str, list[Entry]], hottest: float | None) -> None:
    """A disk or a wireless card that is hotter does not; the board only where nothing else is."""
    assert hottest_chip_c(chips) == hottest


def test_psutil_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its table becomes a reading."""
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: LAPTOP, raising=False)

    assert Psutil().read() == Reading(74.0)


def test_a_machine_without_such_a_chip_has_no_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container or a virtual machine."""
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)

    with pytest.raises(SensorLost):
        Psutil().read()
