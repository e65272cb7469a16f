"""Heat as Linux tells it, through psutil."""

from __future__ import annotations

from typing import Any

import psutil

from nearline_router.thermal.reading import Reading, SensorLost, hottest_c

# Drivers of the chips that compute, as the kernel's hwmon and thermal zones name them. A disk, a battery or a
# wireless card may well be hotter, and says nothing of the model. `acpitz` is the board: better than nothing.
CHIPS = (
    "coretemp",
    "k10temp",
    "k8temp",
    "zenpower",
    "amdgpu",
    "nouveau",
    "macsmc_hwmon",
    "cpu_thermal",
    "soc_thermal",
    "x86_pkg_temp",
)
BOARD = "acpitz"


class Psutil:
    """The hottest of the chips that compute."""

    name = "psutil"

    def read(self) -> Reading:
        """The temperature now. Raises SensorLost when no chip that computes has a sensor."""
        hottest = hottest_chip_c(psutil.sensors_temperatures())
        if hottest is None:
            raise SensorLost("no processor temperature")
        return Reading(hottest)


def hottest_chip_c(chips: dict[str, list[Any]]) -> float | None:
    """The highest temperature of what psutil.sensors_temperatures() returns, in °C; None: of no chip that computes."""
    computing = [entry.current for name in CHIPS for entry in chips.get(name, [])]
    return hottest_c(computing or [entry.current for entry in chips.get(BOARD, [])])
