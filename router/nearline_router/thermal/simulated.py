"""Heat from a file, so that everything that follows from it can be watched without a hot machine."""

from __future__ import annotations

import math
from pathlib import Path

from nearline_router.thermal.reading import Reading

# Names a file that holds one number, a temperature in °C; while it is set no real sensor is read.
ENVIRONMENT = "NEARLINE_SIMULATED_TEMPERATURE_FILE"


class SimulatedSensor:
    """The temperature that a file holds at the moment."""

    name = "simulated temperature"

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Reading | None:
        """The number in the file; None while there is no file, or no number in it: somebody may be writing it."""
        try:
            temperature_c = float(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return Reading(temperature_c) if math.isfinite(temperature_c) else None
