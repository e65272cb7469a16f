"""How hot the machine behind one endpoint is, in steps; a step a time, so that nothing flaps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import IntEnum

from nearline_router.thermal.hysteresis import Signal
from nearline_router.thermal.reading import Pressure, Reading
from nearline_router.thermal.speed import RECENT_KEEPS_S, DecodingSpeed

DEFAULT_THRESHOLD_C = 85.0
# It is cool again so far below the threshold.
HYSTERESIS_C = 7.0
# A level lasts at least so long, and so long a signal must stay, or stay away, before the next.
DWELL_S = 20.0
# Three missed readings, and nothing is known.
READING_KEEPS_S = 15.0
# Slow below this share of the cool speed, and well again from that on.
SLOW_SHARE = 0.8
WELL_SHARE = 0.9


class HeatLevel(IntEnum):
    """Steps of lowered eagerness; `eagerness` says what each of them leaves out."""

    COOL = 0
    WARM = 1
    HOT = 2
    VERY_HOT = 3
    OVERHEATED = 4


class Heat:
    """One endpoint's heat, by the worst of its temperature, the system's thermal pressure and its own speed.

    `threshold_c` None: the endpoint runs elsewhere, so that readings of this machine say nothing of it.
    """

    def __init__(self, threshold_c: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._threshold_c = threshold_c
        self._clock = clock
        enter_c = DEFAULT_THRESHOLD_C if threshold_c is None else threshold_c
        self._temperature = Signal(enter_c, enter_c - HYSTERESIS_C, READING_KEEPS_S)
        self._pressure = Signal(Pressure.HEAVY, Pressure.MODERATE, READING_KEEPS_S)
        # The signal's value is the share of the cool speed that is missing.
        self._slowness = Signal(1 - SLOW_SHARE, 1 - WELL_SHARE, RECENT_KEEPS_S)
        self._speed = DecodingSpeed()
        self._level = HeatLevel.COOL
        self._hot = False
        # Since when nothing has changed: neither the level nor whether there is a signal.
        self._since_s = clock()

    @property
    def level(self) -> HeatLevel:
        """The level now; it also moves with time alone."""
        self._advance(self._clock())
        return self._level

    @property
    def reason(self) -> str:
        """Why, as a phrase for the user; empty when it is cool."""
        now_s = self._clock()
        self._advance(now_s)
        if self._level is HeatLevel.COOL:
            return ""
        return "; ".join(self._reasons(now_s)) or "cooling down"

    def observe_reading(self, reading: Reading) -> None:
        """Take in what the sensors of this machine say."""
        now_s = self._clock()
        self._advance(now_s)
        if self._threshold_c is None:
            return
        if reading.temperature_c is not None:
            self._temperature.observe(reading.temperature_c, now_s)
        if reading.pressure is not None:
            self._pressure.observe(reading.pressure, now_s)
        self._turn(now_s)

    def observe_speed(self, tokens_per_s: float, model: str = "") -> None:
        """Take in the decoding speed of one finished attempt, see `speed.decode_tokens_per_s`."""
        now_s = self._clock()
        self._advance(now_s)
        share = self._speed.share(tokens_per_s, model, self._level is HeatLevel.COOL, now_s)
        if share is not None:
            self._slowness.observe(1 - share, now_s)
        self._turn(now_s)

    def _advance(self, now_s: float) -> None:
        """Make the steps that time has made due, as they would have been made had somebody looked all the time."""
        if self._hot:
            lapses_s = max(signal.lapses_s for signal in self._signals() if signal.since_s is not None)
            self._step_until(min(now_s, lapses_s))
            self._turn(min(now_s, lapses_s))
        self._step_until(now_s)

    def _step_until(self, now_s: float) -> None:
        last = HeatLevel.OVERHEATED if self._hot else HeatLevel.COOL
        while self._level != last and now_s - self._since_s >= DWELL_S:
            self._level = HeatLevel(self._level + (1 if self._hot else -1))
            self._since_s += DWELL_S

    def _turn(self, now_s: float) -> None:
        hot = any(signal.is_on(now_s) for signal in self._signals())
        if hot != self._hot:
            self._hot, self._since_s = hot, now_s

    def _signals(self) -> tuple[Signal, Signal, Signal]:
        return self._temperature, self._pressure, self._slowness

    def _reasons(self, now_s: float) -> Iterator[str]:
        warm, pressed, slow = self._signals()
        if warm.is_on(now_s):
            yield _warmth(warm, now_s)
        if pressed.is_on(now_s):
            yield f"the system reports {Pressure(int(pressed.value)).name.lower()} thermal pressure"
        if slow.is_on(now_s):
            yield f"decoding at {1 - slow.value:.0%} of its cool speed".replace("%", " %")


def _warmth(signal: Signal, now_s: float) -> str:
    if signal.value < signal.enter:
        return f"{signal.value:.0f} °C, not yet down to {signal.leave:.0f} °C"
    return f"{signal.value:.0f} °C, above {signal.enter:.0f} °C for {now_s - (signal.since_s or now_s):.0f} s"
