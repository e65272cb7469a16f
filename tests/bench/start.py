"""What a window costs before it helps: the answer to `initialize`, memory, and the time of a decision."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from nearline_router.router import Router
from nearline_router.types import RoutingRequest
from nearline_server.demo.client import Client, server_command
from nearline_server.demo.typist import Script
from tests.bench import decision, scripted
from tests.bench.documents import long_file, source
from tests.bench.own_share import LINES, SUGGESTION
from tests.bench.report import Aim, Figures, Row
from tests.bench.window import BARE, Typing, pid_of, until_ready, window

STARTS = 7
KEYS = 200
DECISIONS = 20_000
START_AIM = Aim("1.25x bare", times=1.25)
MEMORY_AIM = Aim("120 MB", median=120)


async def measure(folder: Path) -> Figures:
    """The section."""
    async with scripted.endpoint(*SUGGESTION) as url:
        config = scripted.config(folder, url)
        ours_ms, ready_ms, bare_ms = await _starts(server_command(config))
        ours_mb, bare_mb = await _memory_mb(server_command(config)), await _memory_mb(BARE)
    ratio = statistics.median(ours_ms) / statistics.median(bare_ms)
    rows = [
        Row.of("initialize answered after process start, ours", ours_ms, ratio=f"{ratio:.2f}x bare", aim=START_AIM,
               times=ratio),
        Row.of("initialize answered after process start, bare pygls", bare_ms),
        Row.of("model known to be there after process start, ours", ready_ms),
        Row(f"resident memory after {KEYS} keys, ours", ours_mb, unit="MB", aim=MEMORY_AIM),
        Row(f"resident memory after {KEYS} keys, bare pygls", bare_mb, unit="MB"),
        Row.of("Router.decide", _decisions_us(config), 99, unit="us", aim=decision.AIM),
    ]  # fmt: skip
    return Figures("start and memory", rows)


async def _starts(command: Sequence[str]) -> tuple[list[float], list[float], list[float]]:
    """Ours to `initialize` and to a model, and the bare server's, in turns.

    The first of each is not counted, as it fills the caches of disk and interpreter.
    """
    ours, bare = [], []
    for _ in range(1 + STARTS):
        ours.append(await _start_ms(command, with_model=True))
        bare.append(await _start_ms(BARE, with_model=False))
    answered, ready = zip(*ours[1:], strict=True)
    return list(answered), list(ready), [ms for ms, _ in bare[1:]]


async def _start_ms(command: Sequence[str], *, with_model: bool) -> tuple[float, float]:
    client = Client()
    start_s = time.perf_counter()
    await client.start(command, Path.cwd())
    answered_s = time.perf_counter()
    if with_model:
        await until_ready(client)
    ready_s = time.perf_counter()
    await client.stop()
    return (answered_s - start_s) * 1000, (ready_s - start_s) * 1000


async def _memory_mb(command: Sequence[str]) -> float:
    script = long_file(LINES)
    async with window(command, source("argparse"), script) as client:
        if command is not BARE:
            await until_ready(client)
        await _type(client, script)
        return round(psutil.Process(pid_of(client)).memory_info().rss / 1e6, 1)


async def _type(client: Client, script: Script) -> None:
    typing = Typing(client, script)
    for _, key in zip(range(KEYS), script.keys(), strict=False):
        await typing.press(key)
        await asyncio.sleep(0)


def _decisions_us(config: str) -> list[float]:
    router = Router.from_file(config)
    request = RoutingRequest("def f(", 16, latency_budget_ms=150.0, complexity="routine")
    taken = []
    for _ in range(DECISIONS):
        start_ns = time.perf_counter_ns()
        router.decide(request)
        taken.append((time.perf_counter_ns() - start_ns) / 1000)
    return taken
