"""Which sensors this machine has, and reading them in such a way that a broken one harms nobody."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path

from nearline_router.thermal.linux import Psutil
from nearline_router.thermal.macos import Actop, Macmon, Powermetrics, PressureKey
from nearline_router.thermal.reading import Reading, Sensor, SensorLost, worst
from nearline_router.thermal.simulated import ENVIRONMENT, SimulatedSensor

log = logging.getLogger("nearline.thermal")

# A sensor that has not answered by then hangs.
READ_LIMIT_S = 5.0


class Sensors:
    """Groups of sensors, each in order of preference; one sensor of each group is asked at a time.

    One that raises, or takes longer than `limit_s`, gives way to the next of its group for good.
    """

    def __init__(self, *groups: Sequence[Sensor], limit_s: float = READ_LIMIT_S) -> None:
        self._groups = [list(group) for group in groups]
        self._limit_s = limit_s

    async def read(self) -> Reading | None:
        """The worst that the groups say; None: nothing this time. Raises SensorLost when no sensor is left."""
        readings = [await self._first(group) for group in self._groups]
        if not any(self._groups):
            raise SensorLost("no sensor is left")
        known = [reading for reading in readings if reading]
        return worst(known) if known else None

    async def _first(self, group: list[Sensor]) -> Reading | None:
        while group:
            try:
                # Not wait_for: Python 3.11's loses a cancel that comes together with the answer.
                async with asyncio.timeout(self._limit_s):
                    return await asyncio.wrap_future(_reading(group[0]))
            except Exception as error:  # noqa: BLE001 (a sensor may fail in any way, and then it is no sensor)
                log.info("%s tells no heat here: %s", group.pop(0).name, type(error).__name__)
        return None


def find_sensors(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Sensors | None:
    """The sensors to try on this machine, none of them read yet; None: it has none that we know of."""
    if path := environ.get(ENVIRONMENT):
        return Sensors([SimulatedSensor(Path(path))])
    if platform == "darwin":
        return Sensors(_pressure_of_macos(), _temperature_of_macos())
    return Sensors([Psutil()]) if platform == "linux" else None


def _pressure_of_macos() -> list[Sensor]:
    sudo = shutil.which("sudo")
    return [PressureKey(), *([Powermetrics(sudo)] if sudo else [])]


def _temperature_of_macos() -> list[Sensor]:
    macmon = shutil.which("macmon")
    return [*([Macmon(macmon)] if macmon else []), *([Actop()] if find_spec("actop") else [])]


def _reading(sensor: Sensor) -> Future[Reading | None]:
    """Begin to read. The thread is a daemon, so that a sensor that hangs does not keep the process from ending."""
    answer: Future[Reading | None] = Future()
    # Without it a cancelled wait would end the future under the thread's hands.
    answer.set_running_or_notify_cancel()
    threading.Thread(target=_read_into, args=(answer, sensor), name="nearline-heat", daemon=True).start()
    return answer


def _read_into(answer: Future[Reading | None], sensor: Sensor) -> None:
    try:
        answer.set_result(sensor.read())
    except Exception as error:  # noqa: BLE001 (raised again where it is waited for)
        answer.set_exception(error)
