"""Whether the machine has anything else to do: then what a bench prints is about that, and no result."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import psutil

# A desktop at rest stays below this, in percent of all cores.
MOST_CPU_PERCENT = 10.0
# A loop that always does the same may take this much longer than it did at its best.
MOST_STRETCH = 1.15
LOOP_STEPS = 200_000
LOOPS = 25
# What our own processes leave behind (an engine that was just loaded, a server that ends) is over after these.
PROBES = 5


@dataclass(frozen=True, slots=True)
class Load:
    """`cpu_percent` of all cores over a second; `stretch`: a busy loop's mean time over its best of this run."""

    cpu_percent: float
    stretch: float

    @property
    def busy(self) -> bool:
        """Whether this is too much for a result."""
        return self.cpu_percent > MOST_CPU_PERCENT or self.stretch > MOST_STRETCH

    def __str__(self) -> str:
        return f"{self.cpu_percent:.0f} % CPU used by others, a busy loop takes {self.stretch:.2f}x its best time"


class LoadProbe:
    """Measures load while nothing of ours runs; what the loop takes at its best is learnt on the way.

    So a core that was clocked down since, or is shared with another virtual machine, shows too.
    """

    def __init__(self) -> None:
        self._best_s = float("inf")

    def measure(self) -> Load:
        """The load now; where a probe finds some, the next ones are asked whether it was only passing."""
        for _ in range(PROBES):
            load = Load(psutil.cpu_percent(interval=1.0), self._stretch())
            if not load.busy:
                break
        return load

    def _stretch(self) -> float:
        times = [_loop_s() for _ in range(LOOPS)]
        self._best_s = min(self._best_s, *times)
        return sum(times) / len(times) / self._best_s


class OthersMeter:
    """What everybody else took of the processors since this was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter(), _all_cpu_s(), _own_cpu_s()

    def load(self) -> Load:
        """The others' share, as a load without a busy loop."""
        then_s, all_s, own_s = self._start
        passed_s = time.perf_counter() - then_s
        others_s = _all_cpu_s() - all_s - (_own_cpu_s() - own_s)
        percent = 100 * others_s / passed_s / (psutil.cpu_count() or 1)
        return Load(max(0.0, percent), 1.0)


def _loop_s() -> float:
    start_s = time.perf_counter()
    total = 0
    for step in range(LOOP_STEPS):
        total += step
    return time.perf_counter() - start_s


def _all_cpu_s() -> float:
    """Seconds of work of all cores; stolen time, where a host says so, is work of others."""
    times = psutil.cpu_times()
    counted_twice = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return sum(times) - counted_twice - times.idle - getattr(times, "iowait", 0.0)


def _own_cpu_s() -> float:
    """Seconds of this process, of its children that ended, and of its descendants that live."""
    own = os.times()
    ours = own.user + own.system + own.children_user + own.children_system
    return ours + sum(_cpu_s(process) for process in psutil.Process().children(recursive=True))


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system
