"""What the sensors of macOS say, by recorded output; the machine that runs the tests need not be a Mac."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nearline_router.thermal.macos import PRESSURE_KEY, Actop, Macmon, PressureKey, macmon_reading, powermetrics_reading
from nearline_router.thermal.reading import Pressure, Reading, SensorLost

# One line of `macmon pipe -s 1` 0.8, as its readme shows it.
MACMON = (
    b'{"timestamp":"2026-02-24T20:38:15.427569+00:00","temp":{"cpu_temp_avg":93.73614,"gpu_temp_avg":86.95167},'
    b'"memory":{"ram_total":25769803776,"ram_usage":20985479168,"swap_total":4294967296,"swap_usage":2602434560},'
    b'"fans":[{"name":"fan0","rpm":999,"max_rpm":4900}],"cpu_scaled_ratio":0.036854,"ecpu_freq_mhz":1100,'
    b'"gpu_freq_mhz":461,"cpu_power":0.20486385,"gpu_power":0.017451683,"ane_power":0.0,"sys_power":5.876533}\n'
)
MACMON_BLIND = b'{"temp":{"cpu_temp_avg":0.0,"gpu_temp_avg":0.0}}\n'

# `powermetrics --samplers thermal -n 1 -f plist`: one property list, ended by a NUL.
POWERMETRICS = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>is_delta</key><true/>
<key>elapsed_ns</key><integer>203685416</integer>
<key>hw_model</key><string>Mac15,9</string>
<key>kern_osversion</key><string>25F84</string>
<key>timestamp</key><date>2026-08-27T14:42:54Z</date>
<key>thermal_pressure</key><string>%s</string>
</dict>
</plist>
\0"""


class NotifyLibrary:
    """The two calls of notify(3) that are used; `level` is what the key holds, `status` what every call returns."""

    def __init__(self, level: int = 0, status: int = 0) -> None:
        self.level = level
        self.status = status
        self.keys: list[bytes] = []

    def notify_register_check(self, key: bytes, token: Any) -> int:
        """Give out token 7."""
        self.keys.append(key)
        token._obj.value = 7
        return self.status

    def notify_get_state(self, token: ctypes.c_int, state: Any) -> int:
        """The level, to who has the token."""
        assert token.value == 7
        state._obj.value = self.level
        return self.status


@pytest.mark.parametrize(
    ("level", "pressure"),
    [
        (0, Pressure.NOMINAL),
        (1, Pressure.MODERATE),
        (2, Pressure.HEAVY),
        (3, Pressure.TRAPPING),
        (4, Pressure.TRAPPING),
    ],
)
def test_the_key_of_macos_holds_the_pressure(level: int, pressure: Pressure) -> None:
    """The levels of <libkern/OSThermalNotification.h>; the fifth, sleeping, is no better than the fourth."""
    assert PressureKey(NotifyLibrary(level)).read() == Reading(pressure=pressure)


def test_the_key_of_macos_is_registered_once() -> None:
    """Every registration holds on to something of the system's."""
    library = NotifyLibrary()
    sensor = PressureKey(library)

    sensor.read()
    library.level = 2

    assert sensor.read() == Reading(pressure=Pressure.HEAVY)
    assert library.keys == [PRESSURE_KEY]


def test_a_key_that_does_not_exist_is_an_error() -> None:
    """The sensor says so, and is not used."""
    with pytest.raises(OSError, match="notify status 1"):
        PressureKey(NotifyLibrary(status=1)).read()


def test_macmon_tells_the_hotter_of_processor_and_graphics() -> None:
    """One line of JSON, most of which is about other things."""
    assert macmon_reading(MACMON) == Reading(93.73614)


@pytest.mark.parametrize(
    ("output", "error"),
    [(MACMON_BLIND, SensorLost), (b"", ValueError), (b"usage: macmon", ValueError), (b'{"cpu": 1}', KeyError)],
    ids=["no sensor", "nothing", "not JSON", "another program of that name"],
)
def test_other_output_of_macmon_is_an_error(output: bytes, error: type[Exception]) -> None:
    """It ends the sensor, not the router."""
    with pytest.raises(error):
        macmon_reading(output)


@pytest.mark.skipif(sys.platform == "win32", reason="a program is a script here")
def test_macmon_is_asked_for_one_sample(tmp_path: Path) -> None:
    """A program that prints its arguments where the temperature belongs: nothing of it is a temperature but one."""
    program = tmp_path / "macmon"
    program.write_text(
        '#!/bin/sh\n[ "$*" = "pipe -s 1 -i 500" ] && echo \'{"temp":{"cpu_temp_avg":61.5,"gpu_temp_avg":50}}\'\n'
    )
    program.chmod(0o755)

    assert Macmon(str(program)).read() == Reading(61.5)


@pytest.mark.parametrize(
    ("word", "pressure"),
    [
        (b"Nominal", Pressure.NOMINAL),
        (b"Moderate", Pressure.MODERATE),
        (b"Heavy", Pressure.HEAVY),
        (b"Trapping", Pressure.TRAPPING),
        (b"Sleeping", Pressure.TRAPPING),
    ],
)
def test_powermetrics_tells_the_pressure(word: bytes, pressure: Pressure) -> None:
    """The word of the property list."""
    assert powermetrics_reading(POWERMETRICS % word) == Reading(pressure=pressure)


@pytest.mark.parametrize("output", [b"", b"sudo: a password is required\n", POWERMETRICS % b"Lukewarm"])
def test_other_output_of_powermetrics_is_an_error(output: bytes) -> None:
    """Nothing, something else, or a word that nobody knows."""
    with pytest.raises((ValueError, KeyError)):
        powermetrics_reading(output)


@pytest.mark.parametrize(
    ("cpu_c", "gpu_c", "state", "reading"),
    [
        (91.5, 70.0, "Serious", Reading(91.5, Pressure.HEAVY)),
        (0.0, 0.0, "Fair", Reading(None, Pressure.MODERATE)),
        (60.0, 62.0, "Unknown", Reading(62.0, None)),
    ],
)
def test_actop_tells_both(
    monkeypatch: pytest.MonkeyPatch, cpu_c: float, gpu_c: float, state: str, reading: Reading
) -> None:
    """The three fields of its SystemSnapshot 1.9; it says 0 and Unknown where it does not know."""
    snapshot = SimpleNamespace(cpu_temp_c=cpu_c, gpu_temp_c=gpu_c, thermal_state=state)
    monitor = SimpleNamespace(get_snapshot=lambda: snapshot)
    monkeypatch.setitem(sys.modules, "actop", SimpleNamespace(Monitor=lambda: monitor))  # type: ignore[arg-type]

    assert Actop().read() == reading
