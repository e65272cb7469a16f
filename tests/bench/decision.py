"""What a decision costs, over one endpoint and over a thousand, and what so many endpoints weigh.

Run as a program it prints by how much one router makes its process grow.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

from nearline_router.config import EndpointConfig, RouterConfig, load_config
from nearline_router.errors import EndpointUnavailable
from nearline_router.router import Router
from nearline_router.types import Chat, Infill, Message, Priority, RoutingRequest
from tests.bench.documents import source
from tests.bench.report import Aim, Figures, Row

ROOT = Path(__file__).parents[2]
SEED_FILE = ROOT / "config" / "llm-routing-config.yaml"
SEED = 1
MANY, OPEN_BREAKERS = 1_000, 20
DECISIONS, UNMEASURED = 2_000, 100
CONTEXT_CHARS, CHAT_CHARS = 2_000, 2_000
STARTS = 5
AIM = Aim("50 us / 1 ms", median=50, tail=1_000)
LINE = "value = sum(item.price for item in items)"
SYSTEM = "You are a programmer. Be brief."


def many() -> RouterConfig:
    """A thousand endpoints: a tenth of them near, the rest with prices, tiers and speeds of their own."""
    dice = random.Random(SEED)
    return RouterConfig(endpoints={f"e{number}": _endpoint(number, dice) for number in range(MANY)})


def _endpoint(number: int, dice: random.Random) -> EndpointConfig:
    said: dict[str, Any] = {"context_tokens": dice.choice([None, 4_096, 131_072])}
    if number % 10 == 0:
        model = dice.choice(["qwen2.5-coder-7b", "llama-3.3-70b"])
        return EndpointConfig(provider="ollama", host=f"http://127.0.0.1:{10_000 + number}", model=model, **said)
    said |= {"input_cost_per_mtok": dice.uniform(0.1, 3), "output_cost_per_mtok": dice.uniform(0.5, 15)}
    said |= {"tier": dice.choice(["routine", "frontier"]), "expected_ttft_ms": dice.uniform(80, 900)}
    return EndpointConfig(provider="openai-compatible", host=f"https://e{number}.invalid/v1", role="both", **said)


CONFIGS: dict[str, Callable[[], RouterConfig]] = {
    "the default configuration": RouterConfig,
    "the reference design's file": lambda: load_config(SEED_FILE),
    f"{MANY:,} endpoints": many,
}


async def measure(_folder: Path) -> Figures:
    """The section."""
    rows, notes = [], []
    for name, config in CONFIGS.items():
        router = Router(config())
        _open_breakers(router)
        taken = _decisions_us(router)
        aim = AIM if len(router.upstreams) < MANY else "p99 1 ms"
        rows.append(Row.of(f"Router.decide, {name}", [us for _, us in taken], 99, unit="us", aim=aim))
        notes.append(f"{name}, median by kind: {_by_kind(taken)}")
    rows += [Row(f"a router's memory, {name}", await _weighed(name), unit="MB") for name in CONFIGS]
    took_ms, memory_mb = await imported(Path(sys.executable), "nearline_router.router")
    rows += [Row.of("import of nearline_router.router", took_ms), Row("  and its process", memory_mb, unit="MB")]
    return Figures("decision: where a request goes, in a stream of all kinds", rows, notes)


def _open_breakers(router: Router) -> None:
    """Of a few, where there are many."""
    for upstream in list(router.upstreams.values())[:: len(router.upstreams) // OPEN_BREAKERS or MANY][1:]:
        router._lively.add(upstream)
        while permit := upstream.breaker.enter():
            permit.failed(EndpointUnavailable(f"{upstream.id}: nothing answers there"))


def _decisions_us(router: Router) -> list[tuple[str, float]]:
    """The kind of each request and the time of its decision. No two requests are the same."""
    taken = []
    for kind, request in _requests():
        start_ns = time.perf_counter_ns()
        router.decide(request, assume_ready=True)
        taken.append((kind, (time.perf_counter_ns() - start_ns) / 1000))
    return taken[UNMEASURED:]


def _requests() -> list[tuple[str, RoutingRequest]]:
    """A user who types, asks, works where the text must stay, and has something hard done: as much of each."""
    text = source("argparse").read_text(encoding="utf-8")
    return [request for number in range((DECISIONS + UNMEASURED) // 4) for request in _four(text, number)]


def _four(text: str, number: int) -> list[tuple[str, RoutingRequest]]:
    prefix, suffix = _around(text, CONTEXT_CHARS + number // len(LINE) * 100)
    infill = Infill(prefix, LINE[: number % len(LINE)], suffix, "a.py", "python")
    says = text[number : number + CHAT_CHARS]
    ask, stay, do = (Chat(SYSTEM, (Message("user", f"{says}\n{number} {new}"),)) for new in "abc")
    asked: dict[str, Any] = {"priority": Priority.ACTION, "document": "a.py"}
    return [
        ("typed", RoutingRequest(infill, 64, latency_budget_ms=150.0, complexity="routine", document="a.py")),
        ("asked", RoutingRequest(ask, 400, task="ask", **asked)),
        ("to stay", RoutingRequest(stay, 400, requires_data_sovereignty=True, task="ask", **asked)),
        ("hard", RoutingRequest(do, 400, task="refactor", latency_budget_ms=5_000.0, **asked)),
    ]


@lru_cache(1)
def _around(text: str, at: int) -> tuple[str, str]:
    """The same two strings from keystroke to keystroke, as in an editor."""
    return text[at - CONTEXT_CHARS : at], text[at : at + CONTEXT_CHARS]


def _by_kind(taken: list[tuple[str, float]]) -> str:
    kinds = dict.fromkeys(kind for kind, _ in taken)
    medians = {kind: statistics.median(us for other, us in taken if other == kind) for kind in kinds}
    return ", ".join(f"{kind} {us:.0f} us" for kind, us in medians.items())


async def imported(python: Path, module: str, environment: Mapping[str, str] = os.environ) -> tuple[list[float], float]:
    """Milliseconds of each import by a fresh interpreter, the first left out, and the last one's memory in MB."""
    program = (
        f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t, flush=True); input()"
    )
    took_ms, memory_mb = [], 0.0
    for _ in range(1 + STARTS):
        process = await asyncio.create_subprocess_exec(
            python, "-P", "-c", program, stdin=PIPE, stdout=PIPE, cwd=ROOT, env=environment
        )
        assert process.stdout
        took_ms.append(float(await process.stdout.readline()) * 1000)
        memory_mb = psutil.Process(process.pid).memory_info().rss / 1e6
        await process.communicate(b"\n")
    return took_ms[1:], round(memory_mb, 1)


async def _weighed(name: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.decision", name, stdout=PIPE, cwd=ROOT
    )
    grown_mb, _ = await process.communicate()
    return float(json.loads(grown_mb))


def _growth_mb(config: Callable[[], RouterConfig]) -> float:
    """Of this process, by a router and its configuration."""
    gc.collect()
    before = psutil.Process().memory_info().rss
    router = Router(config())
    gc.collect()
    after = psutil.Process().memory_info().rss
    del router
    return round((after - before) / 1e6, 2)


if __name__ == "__main__":
    print(_growth_mb(CONFIGS[sys.argv[1]]))
