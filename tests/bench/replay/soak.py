"""The section `soak`: an hour of replay by one server. Is anything left behind, and is it as fast as at first?"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from lsprotocol import types

from nearline_server.demo.client import START_TIMEOUT_S
from nearline_server.replay.results import at_percent
from nearline_server.replay.session import Session
from nearline_server.replay.visit import visit
from nearline_server.replay.window import LspWindow
from tests.bench.engine import Engine, started
from tests.bench.human_pace import STALE_AIM
from tests.bench.replay.corpus import sessions
from tests.bench.replay.counted import COUNTS
from tests.bench.replay.plan import LONG_KEYS, SETTLE_S
from tests.bench.report import Figures, Row
from tests.bench.window import pid_of

MINUTES = 60.0
# The first and the last ten minutes of an hour are compared, and so much of less.
PART = 1 / 6
PROGRAM = Path(__file__).with_name("counted.py")


@dataclass(frozen=True, slots=True)
class Sample:
    """The server between two sessions, when it has nothing to do; and its engine, a process of its own."""

    at_s: float
    memory_mb: float
    handles: int
    children: int
    threads: int
    tasks: int
    engine_mb: float
    engine_handles: int


@dataclass(slots=True)
class Soaked:
    """Everything that was seen; times count from the beginning."""

    samples: list[Sample] = field(default_factory=list)
    request_ms: list[tuple[float, float]] = field(default_factory=list)
    stale: int = 0

    def first(self) -> list[Sample]:
        """The samples of the first part."""
        return self.sixths()[0] or self.samples[:1]

    def last(self) -> list[Sample]:
        """The samples of the last part, which always has the last one."""
        return self.sixths()[-1]

    def sixths(self) -> list[list[Sample]]:
        """The samples, part by part."""
        parts: list[list[Sample]] = [[] for _ in range(round(1 / PART))]
        for one in self.samples:
            parts[min(len(parts) - 1, int(one.at_s / self._end_s / PART))].append(one)
        return parts

    def first_ms(self) -> list[float]:
        """Request to answer, in the first part."""
        return [ms for at_s, ms in self.request_ms if at_s <= self._end_s * PART]

    def last_ms(self) -> list[float]:
        """Request to answer, in the last part."""
        return [ms for at_s, ms in self.request_ms if at_s >= self._end_s * (1 - PART)]

    @property
    def _end_s(self) -> float:
        return self.samples[-1].at_s


async def measure(folder: Path, minutes: float, model: str, *, tuning: bool) -> Figures:
    """The section."""
    root = folder / "soak"
    root.mkdir()
    async with started(root, model) as engine:
        client = LspWindow(root, "nearline bench")
        await client.start([sys.executable, "-P", str(PROGRAM), "lsp", "--stdio", "--config", engine.config], root)
        try:
            await asyncio.wait_for(client.ready.wait(), START_TIMEOUT_S)
            soaked = await _soak(engine, client, sessions(LONG_KEYS, tuning=tuning), minutes * 60)
        finally:
            await client.stop()
    return Figures(f"soak: {minutes:g} minutes of replay by one server with {model}", _rows(soaked), _notes(soaked))


async def _soak(engine: Engine, client: LspWindow, played: Iterator[Session], seconds: float) -> Soaked:
    soaked, start_s = Soaked(), time.perf_counter()
    for session in played:
        at_s = time.perf_counter() - start_s
        seen = await visit(client, session, lambda: engine.quiet(SETTLE_S))
        soaked.stale += seen.tally.stale
        soaked.request_ms += [(at_s, ms) for ms in seen.request_ms]
        soaked.samples.append(await _sample(engine, client, time.perf_counter() - start_s))
        if soaked.samples[-1].at_s >= seconds:
            break
    return soaked


async def _sample(engine: Engine, client: LspWindow, at_s: float) -> Sample:
    process, host = psutil.Process(pid_of(client)), psutil.Process(engine.state.pid)
    said = await client.execute(types.Command("", COUNTS))
    tasks = said["tasks"] if isinstance(said, dict) else said.tasks
    own = (_memory_mb(process), _handles(process), len(process.children(recursive=True)), process.num_threads())
    return Sample(at_s, *own, tasks, _memory_mb(host), _handles(host))


def _memory_mb(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6


def _handles(process: psutil.Process) -> int:
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()


def _rows(soaked: Soaked) -> list[Row]:
    first, last = at_percent(soaked.first_ms(), 95), at_percent(soaked.last_ms(), 95)
    slower = f"p95 {100 * (last / first - 1):+.0f} %" if first and last else ""
    return [
        Row.of("request to answer, first sixth", soaked.first_ms()),
        Row.of("request to answer, last sixth", soaked.last_ms(), ratio=slower, aim="p95 within 10 %"),
        *_growth("resident memory", soaked, lambda one: one.memory_mb, "MB", "flat"),
        *_growth("file handles", soaked, lambda one: one.handles, "", "none more"),
        *_growth("child processes", soaked, lambda one: one.children, "", "none more"),
        *_growth("threads", soaked, lambda one: one.threads, "", "none more"),
        *_growth("tasks of the event loop", soaked, lambda one: one.tasks, "", "none more"),
        *_growth("the engine's memory", soaked, lambda one: one.engine_mb, "MB", "flat"),
        *_growth("the engine's file handles", soaked, lambda one: one.engine_handles, "", "none more"),
        Row("stale answers", soaked.stale, unit="", count=len(soaked.request_ms), aim=STALE_AIM),
    ]


def _growth(what: str, soaked: Soaked, of: Callable[[Sample], float], unit: str, aim: str) -> list[Row]:
    first, last = [of(one) for one in soaked.first()], [of(one) for one in soaked.last()]
    more = f"{_mean(last) - _mean(first):+.1f} {unit}".strip()
    return [
        Row.of(f"{what}, first sixth", first, unit=unit),
        Row.of(f"{what}, last sixth", last, unit=unit, ratio=more, aim=aim),
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _notes(soaked: Soaked) -> list[str]:
    parts = [[one.memory_mb for one in part] for part in soaked.sixths()]
    curve = ", ".join(f"{_mean(part):.1f}" for part in parts if part)
    return [
        f"{len(soaked.samples)} sessions; sampled behind each, when server and engine are at rest",
        f"resident memory by sixths, in MB: {curve}",
    ]
