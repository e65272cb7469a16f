"""Watches the heat of every local endpoint: reads the sensors every few seconds and tells what has changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from nearline_router.config.locality import is_loopback
from nearline_router.registry.profile import Profile
from nearline_router.thermal.heat import DEFAULT_THRESHOLD_C, Heat, HeatLevel
from nearline_router.thermal.reading import Reading, SensorLost
from nearline_router.thermal.sensors import Sensors

# Between two readings: heat comes slowly, and looking for it costs some.
COOL_INTERVAL_S = 5.0
HOT_INTERVAL_S = 2.0

OnChange = Callable[[str, HeatLevel, str], None]


class HeatMonitor:
    """The heats by endpoint id; `on_change(endpoint id, level, reason)` is called on the loop when a level changes.

    `sensors` None: endpoints are judged by their speed alone, which time changes too, so `run` goes on.
    """

    def __init__(
        self,
        sensors: Sensors | None,
        heats: Mapping[str, Heat],
        on_change: OnChange,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sensors = sensors
        self._heats = heats
        self._on_change = on_change
        self._sleep = sleep
        self._told: dict[str, HeatLevel] = {}

    async def run(self) -> None:
        """Read again and again, until the task is cancelled."""
        while True:
            reading = await self._read()
            for endpoint_id, heat in self._heats.items():
                if reading:
                    heat.observe_reading(reading)
                self._tell(endpoint_id, heat)
            await self._sleep(HOT_INTERVAL_S if any(self._told.values()) else COOL_INTERVAL_S)

    async def _read(self) -> Reading | None:
        try:
            return await self._sensors.read() if self._sensors else None
        except SensorLost:
            self._sensors = None
            return None

    def _tell(self, endpoint_id: str, heat: Heat) -> None:
        level = heat.level
        if level != self._told.get(endpoint_id, HeatLevel.COOL):
            self._told[endpoint_id] = level
            self._on_change(endpoint_id, level, heat.reason)


def heat_of(profile: Profile, clock: Callable[[], float] = time.monotonic) -> Heat:
    """An endpoint's heat; one on another machine is judged by its speed only."""
    here = profile.local and (profile.host is None or is_loopback(profile.host))
    return Heat((profile.thermal_threshold_c or DEFAULT_THRESHOLD_C) if here else None, clock)
