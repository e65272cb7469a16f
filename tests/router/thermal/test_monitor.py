"""From a temperature to what is told, and back, on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from nearline_router.config.models import RouterConfig
from nearline_router.registry.profile import profiles
from nearline_router.thermal.heat import Heat, HeatLevel
from nearline_router.thermal.monitor import COOL_INTERVAL_S, HOT_INTERVAL_S, HeatMonitor, heat_of
from nearline_router.thermal.reading import Reading
from nearline_router.thermal.sensors import Sensors, find_sensors
from nearline_router.thermal.simulated import ENVIRONMENT
from nearline_router.thermal.speed import LEARN_EVERY_S
from tests.router.thermal.clock import Clock

COOL, WARM, HOT, VERY_HOT, OVERHEATED = HeatLevel


class Told:
    """What the monitor told, and when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.changes: list[tuple[float, str, HeatLevel, str]] = []

    def __call__(self, endpoint_id: str, level: HeatLevel, reason: str) -> None:
        self.changes.append((self._clock.now_s, endpoint_id, level, reason))

    def levels(self, endpoint_id: str) -> list[HeatLevel]:
        """One endpoint's, in order."""
        return [level for _, told_id, level, _ in self.changes if told_id == endpoint_id]


class Script:
    """Sleeps on the virtual clock. Before each sleep ends `step(seconds since the start)` may change the world.

    After `end_s` it sleeps for good, and `over` is set.
    """

    def __init__(self, clock: Clock, step: Callable[[float], None], end_s: float) -> None:
        self._clock = clock
        self._start_s = clock.now_s
        self._step = step
        self._end_s = end_s
        self.slept_s: list[float] = []
        self.over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.slept_s.append(seconds)
        self._clock.now_s += seconds
        elapsed_s = self._clock.now_s - self._start_s
        if elapsed_s > self._end_s:
            self.over.set()
            await asyncio.Event().wait()
        self._step(elapsed_s)

    async def play(self, monitor: HeatMonitor) -> None:
        """Run the monitor to the end of the script."""
        running = asyncio.create_task(monitor.run())
        over = asyncio.create_task(self.over.wait())
        await asyncio.wait([running, over], return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        running.cancel()
        await asyncio.wait([running, over])


class Listed:
    """A sensor that says one after the other; an exception is raised."""

    name = "listed"

    def __init__(self, *answers: Reading | Exception | None) -> None:
        self._answers: Iterator[Reading | Exception | None] = chain(answers, repeat(answers[-1]))

    def read(self) -> Reading | None:
        """The next."""
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def clock() -> Clock:
    """A virtual clock."""
    return Clock()


@pytest.fixture
def told(clock: Clock) -> Told:
    """What was told."""
    return Told(clock)


@pytest.fixture
def heats(clock: Clock) -> dict[str, Heat]:
    """An endpoint on this machine and one elsewhere."""
    return {"here": Heat(85.0, clock), "elsewhere": Heat(None, clock)}


async def test_heat_in_a_file_goes_up_the_steps_and_down_again(
    tmp_path: Path, clock: Clock, told: Told, heats: dict[str, Heat]
) -> None:
    """As a user watches it: the file says 91 °C for two minutes, then 60 °C."""
    path = tmp_path / "temperature"
    path.write_text("60")
    sensors = find_sensors({ENVIRONMENT: str(path)})

    def step(elapsed_s: float) -> None:
        path.write_text("91" if 10 < elapsed_s <= 130 else "60")

    script = Script(clock, step, 300)

    await script.play(HeatMonitor(sensors, heats, told, script.sleep))

    assert told.levels("here") == [WARM, HOT, VERY_HOT, OVERHEATED, VERY_HOT, HOT, WARM, COOL]
    assert told.levels("elsewhere") == []
    first, *_, last = told.changes
    assert first[3].startswith("91 °C, above 85 °C for 2")
    assert last[3] == ""


async def test_it_looks_more_often_while_an_endpoint_is_warm(clock: Clock, told: Told, heats: dict[str, Heat]) -> None:
    """Every five seconds while all is cool, then every two."""
    script = Script(clock, lambda _: None, 60)

    await script.play(HeatMonitor(Sensors([Listed(Reading(91.0))]), heats, told, script.sleep))

    assert set(script.slept_s) == {COOL_INTERVAL_S, HOT_INTERVAL_S}
    assert sorted(script.slept_s, reverse=True) == script.slept_s


async def test_when_the_last_sensor_is_lost_time_still_cools(clock: Clock, told: Told, heats: dict[str, Heat]) -> None:
    """Endpoints are judged by their speed from then on, and what was hot does not stay so for ever."""
    sensors = Sensors([Listed(*[Reading(91.0)] * 6, OSError())])
    script = Script(clock, lambda _: None, 200)

    await script.play(HeatMonitor(sensors, heats, told, script.sleep))

    assert told.levels("here") == [WARM, COOL]


async def test_it_goes_on_when_a_sensor_says_nothing_this_time(
    clock: Clock, told: Told, heats: dict[str, Heat]
) -> None:
    """Time alone moves the levels meanwhile."""
    sensors = Sensors([Listed(*[Reading(91.0)] * 6, None)])
    script = Script(clock, lambda _: None, 200)

    await script.play(HeatMonitor(sensors, heats, told, script.sleep))

    assert told.levels("here") == [WARM, COOL]


async def test_a_slow_endpoint_is_told_without_any_sensor(clock: Clock, told: Told, heats: dict[str, Heat]) -> None:
    """At the next look."""
    for tokens_per_s in [50.0] * 10 + [30.0] * 8:
        heats["elsewhere"].observe_speed(tokens_per_s)
        clock.now_s += LEARN_EVERY_S

    script = Script(clock, lambda _: None, 0)
    await script.play(HeatMonitor(None, heats, told, script.sleep))

    assert told.levels("elsewhere") == [WARM]
    assert told.changes[0][3] == "decoding at 60 % of its cool speed"
    assert told.levels("here") == []


def configured(text_of_endpoints: dict[str, dict[str, object]]) -> RouterConfig:
    """A configuration with these endpoints and no embedded engine."""
    return RouterConfig.model_validate({"endpoints": text_of_endpoints, "engine": {"enabled": False}})


@pytest.mark.parametrize(
    ("endpoint", "level"),
    [
        ({"provider": "llamacpp"}, HOT),
        ({"provider": "ollama", "host": "http://localhost:11434", "model": "qwen2.5-coder:1.5b"}, HOT),
        ({"provider": "llamacpp", "thermal_threshold_c": 95}, COOL),
        ({"provider": "llamacpp", "host": "http://studio.lan:8080", "local": True, "thermal_threshold_c": 85}, COOL),
    ],
    ids=["embedded", "loopback", "its own threshold", "a workstation in the next room"],
)
def test_only_an_endpoint_on_this_machine_is_judged_by_its_sensors(
    clock: Clock, endpoint: dict[str, object], level: HeatLevel
) -> None:
    """The others have a heat too, by their speed."""
    heat = heat_of(profiles(configured({"one": endpoint}))[0], clock)
    for _ in range(50):
        heat.observe_reading(Reading(91.0))
        clock.now_s += 1

    assert heat.level is level


def test_a_cloud_endpoint_is_not_heated_by_this_machine(clock: Clock) -> None:
    """Nothing of it is ours to cool."""
    heat = heat_of(profiles(configured({"one": {"provider": "openai", "model": "gpt"}}))[0], clock)
    for _ in range(50):
        heat.observe_reading(Reading(91.0))
        clock.now_s += 1

    assert heat.level is COOL
