"""Which sensors are tried, in which order, and that a broken one harms nobody."""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearline_router.thermal import sensors as module
from nearline_router.thermal.reading import Pressure, Reading, SensorLost
from nearline_router.thermal.sensors import Sensors, find_sensors
from nearline_router.thermal.simulated import ENVIRONMENT


class Steady:
    """A sensor that says the same each time; an exception is raised."""

    def __init__(self, name: str, answer: Reading | Exception | None) -> None:
        self.name = name
        self.answer = answer
        self.reads = 0
        self.threads: set[threading.Thread] = set()

    def read(self) -> Reading | None:
        """The answer."""
        self.reads += 1
        self.threads.add(threading.current_thread())
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Hanging:
    """A sensor that answers nothing until it is released."""

    name = "hanging"

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.released = threading.Event()
        self.thread = threading.current_thread()

    def read(self) -> Reading:
        """Wait."""
        self.thread = threading.current_thread()
        self.asked.set()
        self.released.wait()
        return Reading(99.0)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    """Released when the test is over."""
    sensor = Hanging()
    yield sensor
    sensor.released.set()


def names(sensors: Sensors | None) -> list[list[str]]:
    """The groups by the names of their sensors."""
    return [[sensor.name for sensor in group] for group in sensors._groups] if sensors else []


async def test_the_first_of_a_group_is_asked_and_the_others_are_left_alone() -> None:
    """Where the preferred sensor works no other one costs anything."""
    first, second = Steady("first", Reading(60.0)), Steady("second", Reading(70.0))

    assert await Sensors([first, second]).read() == Reading(60.0)
    assert second.reads == 0


async def test_one_sensor_of_each_group_is_asked_and_the_worst_counts() -> None:
    """The pressure of one and the temperature of the other make one reading."""
    both = Sensors([Steady("pressure", Reading(pressure=Pressure.HEAVY))], [Steady("temperature", Reading(70.0))])

    assert await both.read() == Reading(70.0, Pressure.HEAVY)


async def test_a_sensor_that_raises_gives_way_to_the_next_for_good(caplog: pytest.LogCaptureFixture) -> None:
    """It is asked once, and the log has one line of it."""
    broken, good = Steady("broken", ValueError("what it said")), Steady("good", Reading(60.0))
    sensors = Sensors([broken, good])

    with caplog.at_level(logging.INFO, "nearline.thermal"):
        readings = [await sensors.read(), await sensors.read()]

    assert readings == [Reading(60.0), Reading(60.0)]
    assert broken.reads == 1
    assert caplog.messages == ["broken tells no heat here: ValueError"]


async def test_a_sensor_that_hangs_gives_way_to_the_next(hanging: Hanging, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for it longer than the limit."""
    sensors = Sensors([hanging, Steady("good", Reading(60.0))], limit_s=0.2)

    with caplog.at_level(logging.INFO, "nearline.thermal"):
        reading = await sensors.read()

    assert reading == Reading(60.0)
    assert caplog.messages == ["hanging tells no heat here: TimeoutError"]


async def test_reading_can_be_cancelled_while_a_sensor_hangs(hanging: Hanging) -> None:
    """Closing does not wait for the sensor, nor does the end of the process; its late answer harms nobody."""
    reading = asyncio.create_task(Sensors([hanging]).read())
    await asyncio.to_thread(hanging.asked.wait)
    reading.cancel()
    await asyncio.wait([reading])

    assert reading.cancelled()
    assert hanging.thread.daemon

    hanging.released.set()
    await asyncio.to_thread(hanging.thread.join)


async def test_a_sensor_is_read_in_a_thread_of_its_own() -> None:
    """The event loop goes on meanwhile."""
    sensor = Steady("sensor", Reading(60.0))

    await Sensors([sensor]).read()

    assert threading.current_thread() not in sensor.threads


async def test_a_sensor_that_says_nothing_this_time_is_asked_again() -> None:
    """Nothing is no failure."""
    sensor = Steady("sensor", None)
    sensors = Sensors([sensor])

    assert await sensors.read() is None

    sensor.answer = Reading(60.0)

    assert await sensors.read() == Reading(60.0)


async def test_when_no_sensor_is_left_it_says_so() -> None:
    """The last one failed."""
    sensors = Sensors([Steady("one", OSError())], [Steady("two", SensorLost())])

    with pytest.raises(SensorLost):
        await sensors.read()


async def test_one_empty_group_does_not_end_the_other() -> None:
    """A Mac without any program for temperatures still has its pressure."""
    assert await Sensors([], [Steady("sensor", Reading(60.0))]).read() == Reading(60.0)


def test_on_a_mac_pressure_and_temperature_have_their_own_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """What costs least first; powermetrics, which wants root, after everything else that tells the pressure."""
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(module, "find_spec", lambda name: name)

    assert names(find_sensors({}, "darwin")) == [["macOS thermal pressure", "powermetrics"], ["macmon", "actop"]]


def test_on_a_mac_without_further_programs_the_pressure_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the user has not installed is not tried."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(module, "find_spec", lambda _: None)

    assert names(find_sensors({}, "darwin")) == [["macOS thermal pressure"], []]


def test_on_linux_psutil_is_asked() -> None:
    """It is there anyway."""
    assert names(find_sensors({}, "linux")) == [["psutil"]]


def test_elsewhere_there_is_no_sensor() -> None:
    """Windows tells temperatures to administrators only."""
    assert find_sensors({}, "win32") is None


async def test_a_simulated_temperature_replaces_every_sensor(tmp_path: Path) -> None:
    """On any platform, by the environment."""
    path = tmp_path / "temperature"
    path.write_text("91")
    sensors = find_sensors({ENVIRONMENT: str(path)}, "win32")

    assert sensors is not None
    assert await sensors.read() == Reading(91.0)
