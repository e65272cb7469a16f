"""Heat as macOS tells it: pressure without root, temperatures through what the user has installed."""

from __future__ import annotations

import ctypes
import importlib
import json
import plistlib
import subprocess
from typing import Any

from nearline_router.thermal.reading import PRESSURE_NAMES, Pressure, Reading, SensorLost, hottest_c

# <libkern/OSThermalNotification.h>: on macOS 0 nominal, 1 moderate, 2 heavy, 3 trapping, 4 sleeping.
PRESSURE_KEY = b"com.apple.system.thermalpressurelevel"
LIBRARY = "/usr/lib/libSystem.dylib"

MACMON_SAMPLE_MS = 500
# Shorter than `sensors.READ_LIMIT_S`, so that a program that hangs is ended and not left behind.
PROGRAM_LIMIT_S = 4.0


class PressureKey:
    """The notify(3) key that macOS keeps its thermal pressure in: microseconds to read, no root.

    `library` is the C library to call; None loads the system's own at the first reading.
    """

    name = "macOS thermal pressure"

    def __init__(self, library: Any = None) -> None:
        self._library = library
        self._token: ctypes.c_int | None = None

    def read(self) -> Reading:
        """The pressure. Raises OSError when the key does not exist."""
        self._library = self._library or ctypes.CDLL(LIBRARY)
        if self._token is None:
            self._token = self._registered()
        level = ctypes.c_uint64()
        _check(self._library.notify_get_state(self._token, ctypes.byref(level)))
        return Reading(pressure=Pressure(min(level.value, Pressure.TRAPPING)))

    def _registered(self) -> ctypes.c_int:
        token = ctypes.c_int()
        _check(self._library.notify_register_check(PRESSURE_KEY, ctypes.byref(token)))
        return token


class Macmon:
    """The temperatures of the program macmon (vladkens/macmon, from brew), which needs no root."""

    name = "macmon"

    def __init__(self, program: str) -> None:
        self._command = [program, "pipe", "-s", "1", "-i", str(MACMON_SAMPLE_MS)]

    def read(self) -> Reading:
        """One sample. Raises OSError, subprocess.SubprocessError, or ValueError and its kin for other output."""
        return macmon_reading(_output(self._command))


class Actop:
    """The temperatures and the pressure of the Python package actop, where the user has installed it."""

    name = "actop"

    def __init__(self) -> None:
        self._monitor: Any = None

    def read(self) -> Reading:
        """One sample, which takes a second. Raises what actop raises."""
        if self._monitor is None:
            self._monitor = importlib.import_module("actop").Monitor()
        snapshot = self._monitor.get_snapshot()
        pressure = PRESSURE_NAMES.get(snapshot.thermal_state.lower())
        return Reading(hottest_c([snapshot.cpu_temp_c, snapshot.gpu_temp_c]), pressure)


class Powermetrics:
    """The pressure of Apple's powermetrics, where sudo runs it without asking for a password."""

    name = "powermetrics"

    def __init__(self, sudo: str) -> None:
        self._command = [sudo, "-n", "powermetrics", "--samplers", "thermal", "-n", "1", "-i", "200", "-f", "plist"]

    def read(self) -> Reading:
        """One sample. Raises OSError, subprocess.SubprocessError, or ValueError and its kin for other output."""
        return powermetrics_reading(_output(self._command))


def macmon_reading(output: bytes) -> Reading:
    """One line of `macmon pipe`. Raises ValueError and its kin, SensorLost when it has no temperature."""
    temperatures = json.loads(output)["temp"]
    hottest = hottest_c([temperatures["cpu_temp_avg"], temperatures["gpu_temp_avg"]])
    if hottest is None:
        raise SensorLost("macmon knows no temperature of this Mac")
    return Reading(hottest)


def powermetrics_reading(output: bytes) -> Reading:
    """One sample of `powermetrics -f plist`, which ends in a NUL. Raises ValueError and its kin."""
    sample = plistlib.loads(output.strip(b"\0\n "))
    return Reading(pressure=PRESSURE_NAMES[sample["thermal_pressure"].lower()])


def _output(command: list[str]) -> bytes:
    # Our own standard input may be an editor's protocol stream.
    return subprocess.run(  # noqa: S603 (fixed arguments, a program found on the user's PATH)
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=PROGRAM_LIMIT_S,
        check=True,
    ).stdout


def _check(status: int) -> None:
    if status:
        raise OSError(f"notify status {status}")
