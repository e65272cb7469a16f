"""Whether the machine has anything else to do: then what a bench prints is about that, and no result."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import psutil

# A desktop at rest stays below this, in percent of all cores.
MOST_CPU_PERCENT = 10.0
# A busy loop may last this much longer than the processor worked on it; more, and it was made to wait.
MOST_WAITING = 1.15
# A loop that always does the same may differ this much from its best before it is worth a word.
STEADY = 1.15
LOOP_STEPS = 200_000
LOOPS = 25
# What our own processes leave behind (an engine that was just loaded, a server that ends) is over after these.
PROBES = 5


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the machine is with other things, and how fast it is by itself.

    `cpu_percent` of all cores over a second; `waiting`: a busy loop's time over the processor time it got;
    `slowdown`: the processor time of that loop over its best of this run. The last one comes from outside the
    system (heat, another virtual machine on the same core), so it makes nothing busy.
    """

    cpu_percent: float
    waiting: float = 1.0
    slowdown: float = 1.0

    @property
    def busy(self) -> bool:
        """Whether this is too much for a result."""
        return self.cpu_percent > MOST_CPU_PERCENT or self.waiting > MOST_WAITING

    def __str__(self) -> str:
        return f"{self.cpu_percent:.0f} % of the CPU used by others, a busy loop takes {self.waiting:.2f}x its own time"


class LoadProbe:
    """Measures load while nothing of ours runs; what the loop takes at its best is learnt on the way."""

    def __init__(self) -> None:
        self._best_s = float("inf")

    def measure(self) -> Load:
        """The load now; where a probe finds some, the next ones are asked whether it was only passing."""
        for _ in range(PROBES):
            load = self._once()
            if not load.busy:
                break
        return load

    def _once(self) -> Load:
        percent = psutil.cpu_percent(interval=1.0)
        wall_s, own_s = zip(*(_loop_s() for _ in range(LOOPS)), strict=True)
        self._best_s = min(self._best_s, *own_s)
        return Load(percent, sum(wall_s) / sum(own_s), sum(own_s) / LOOPS / self._best_s)


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
        return Load(max(0.0, percent))


def _loop_s() -> tuple[float, float]:
    """Wall and processor time of a loop that always does the same."""
    start_s, start_own_s = time.perf_counter(), time.thread_time()
    total = 0
    for step in range(LOOP_STEPS):
        total += step
    return time.perf_counter() - start_s, time.thread_time() - start_own_s


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
