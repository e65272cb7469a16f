"""What a router adds to the first byte of a chat in the cloud: Nearline's and LiteLLM's, each beside a bare client.

LiteLLM has an environment of its own, made on demand, since it is 41 MB and has 50 dependencies.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.bench.decision import imported
from tests.bench.instant_openai import instant_openai
from tests.bench.report import Aim, Figures, Row, percentile
from tests.bench.router_side import KEY_NAME

SIDE = Path(__file__).with_name("router_side.py")
LOCK = Path(__file__).with_name("litellm.lock")
ENVIRONMENT = Path(__file__).parents[2] / ".venv-litellm"
SEED = 1
# Requests at once, and rounds of them in a block; the sides take their blocks in turns.
ROUNDS = {1: 100, 16: 8, 64: 3}
BLOCKS = 3
AIM = Aim("1 / 3 ms", median=1, tail=3)
# A block's times are one line.
LONGEST_LINE_BYTES = 1_000_000
NEARLINE, LITELLM = "Nearline", "LiteLLM"
MODULES = {NEARLINE: "nearline_router.router", LITELLM: "litellm"}
# No look at prices on the network, and no .env file.
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}

Taken = dict[str, list[float]]


class Incomplete(Exception):
    """A part could not be measured; `figures` hold the rest."""

    def __init__(self, why: str, figures: Figures) -> None:
        super().__init__(why)
        self.figures = figures


class Side:
    """A process that measures one router."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.taken: dict[int, Taken] = {concurrency: {} for concurrency in ROUNDS}

    @property
    def memory_mb(self) -> float:
        """What of it is in memory now."""
        return round(psutil.Process(self._process.pid).memory_info().rss / 1e6, 1)

    async def measure(self, concurrency: int, seed: int) -> None:
        """One block."""
        assert self._process.stdin
        assert self._process.stdout
        asked = {"concurrency": concurrency, "rounds": ROUNDS[concurrency], "seed": seed}
        self._process.stdin.write(f"{json.dumps(asked)}\n".encode())
        block: Taken = json.loads(await self._process.stdout.readline())
        for way, took_ms in block.items():
            self.taken[concurrency].setdefault(way, []).extend(took_ms)


async def measure(folder: Path) -> Figures:
    """The section. Raises Incomplete, with Nearline's half, where LiteLLM cannot be had."""
    problem = await _install()
    pythons = {NEARLINE: Path(sys.executable)} | ({} if problem else {LITELLM: _python()})
    async with AsyncExitStack() as running:
        url = await running.enter_async_context(instant_openai())
        sides = {name: await running.enter_async_context(_side(pythons[name], name, url, folder)) for name in pythons}
        await _take_turns(sides)
        memory = [Row(f"{name}: resident memory after that", sides[name].memory_mb, unit="MB") for name in sides]
    imports = [
        Row.of(f"{name}: import", (await imported(pythons[name], MODULES[name], _quiet(folder)))[0]) for name in sides
    ]
    rows = [row for concurrency in ROUNDS for row in _rows(concurrency, sides, problem)]
    figures = Figures("overhead: first byte of a chat through a router against a bare client", rows, _notes())
    figures.rows.extend([*memory, *imports])
    if problem:
        raise Incomplete(f"LiteLLM was not measured: {problem}", figures)
    return figures


def _notes() -> list[str]:
    return [
        "each side has its process and its own bare client; a pair is the same prompt of 2 kB, new to everybody, both "
        f"ways in an order by chance (seed {SEED}), at once with as many others as the row says, on one event loop",
        "the server answers at once; the bare client's first byte is read and not looked at, a router's is its first "
        "text; LiteLLM's Router as it is by default",
    ]


async def _take_turns(sides: dict[str, Side]) -> None:
    dice = random.Random(SEED)
    for concurrency in ROUNDS:
        turns = [side for side in sides.values() for _ in range(BLOCKS)]
        dice.shuffle(turns)
        for side in turns:
            await side.measure(concurrency, dice.getrandbits(32))


def _rows(concurrency: int, sides: dict[str, Side], problem: str) -> list[Row]:
    taken = {name: side.taken[concurrency] for name, side in sides.items()}
    ours = taken[NEARLINE]
    at_once = f"{concurrency} at once:"
    rows = [
        Row.of(f"{at_once} bare client", ours["bare"], 99),
        _differences(f"{at_once} bare minus bare (noise)", ours, "again"),
        _differences(f"{at_once} Nearline minus bare", ours, "router", AIM if concurrency == 1 else ""),
    ]
    if problem:
        return [*rows, Row(f"{at_once} LiteLLM minus bare", None, count=0, ratio="not measured")]
    return [*rows, _differences(f"{at_once} LiteLLM minus bare", taken[LITELLM], "router")]


def _differences(what: str, taken: Taken, way: str, aim: Aim | str = "") -> Row:
    """Pair by pair."""
    over = [ms - bare_ms for ms, bare_ms in zip(taken[way], taken["bare"], strict=True)]
    return Row.of(what, over, 99, ratio=f"p95 {percentile(over, 95):.2f} ms", aim=aim)


@asynccontextmanager
async def _side(python: Path, name: str, url: str, folder: Path) -> AsyncIterator[Side]:
    # -P: this folder's modules have names that others' have, too.
    command: list[str | Path] = [python, "-P", SIDE, name.lower(), url]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, limit=LONGEST_LINE_BYTES, env=_quiet(folder)
    )
    assert process.stdin
    try:
        yield Side(process)
    finally:
        process.stdin.close()
        await process.wait()


def _quiet(folder: Path) -> dict[str, str]:
    return os.environ | QUIET | {KEY_NAME: "sk-none", "NEARLINE_STATE_DIR": str(folder)}


def _python() -> Path:
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


async def _install() -> str:
    """Make LiteLLM's environment if there is none as the lock file has it; why that cannot be done, "" if it was."""
    stamp = ENVIRONMENT / ".installed"
    if stamp.exists() and stamp.read_bytes() == LOCK.read_bytes():
        return ""
    print(f"making {ENVIRONMENT.name} for LiteLLM (once, some 370 MB) ...", file=sys.stderr, flush=True)
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1")
    locked = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(LOCK))
    problem = await _failed(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
    problem = problem or await _failed(str(_python()), *pip, *locked)
    if not problem:
        stamp.write_bytes(LOCK.read_bytes())
    return problem


async def _failed(*command: Any) -> str:
    """The last line of what a command complains of, "" if it ends well."""
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    _, said = await process.communicate()
    if not process.returncode:
        return ""
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"{command[1:3]} ended with {process.returncode}"
