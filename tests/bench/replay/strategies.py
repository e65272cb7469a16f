"""The ways to complete that are compared, each a window onto the same engine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from nearline_server.demo.client import START_TIMEOUT_S
from nearline_server.replay.window import LspWindow, Window
from tests.bench.engine import Engine, started
from tests.bench.replay.llama_vim import LlamaVimWindow
from tests.bench.replay.plain_prefix import PlainPrefix
from tests.bench.replay.uncached import uncached
from tests.bench.replay.without import ENGINES, PROMPT_CACHE, SETTINGS, WITHOUT

OURS, LLAMA_VIM, PREFIX = "ours", "stock /infill (llama.vim)", "plain prefix"
PEERS = (LLAMA_VIM, PREFIX)
# The same once more: what differs is chance, and no technique's difference below that is one.
AGAIN = "ours again"
COUNTING, LACKING = (Path(__file__).with_name(name) for name in ("asked.py", "without.py"))
TECHNIQUES = (*WITHOUT, *SETTINGS, *ENGINES)


def without(technique: str) -> str:
    """The name of ours without one of its techniques."""
    return f"without {technique}"


def explained() -> list[str]:
    """What is different in each of the others."""
    return [
        f"{AGAIN}: Nothing is; what it differs by, the others differ by as well without a reason.",
        *(f"{without(name)}: {switch.__doc__}" for name, switch in WITHOUT.items()),
        *(f"{without(name)}: {setting.strip()}" for name, setting in (SETTINGS | ENGINES).items()),
    ]


@asynccontextmanager
async def engine(strategy: str, folder: Path, model: str) -> AsyncIterator[Engine]:
    """A new engine for a strategy, with nothing in its memory yet."""
    with uncached() if strategy == without(PROMPT_CACHE) else nullcontext():
        async with started(folder, model) as running:
            yield running


@asynccontextmanager
async def window(strategy: str, engine: Engine, folder: Path) -> AsyncIterator[Window]:
    """The window of a strategy, ready; `folder` is an empty one for its configuration and its files' names."""
    if strategy == LLAMA_VIM:
        yield LlamaVimWindow(engine.http)
    elif strategy == PREFIX:
        yield PlainPrefix(engine.http)
    else:
        async with _ours(_command(strategy, engine, folder), folder) as client:
            yield client


@asynccontextmanager
async def _ours(command: list[str], folder: Path) -> AsyncIterator[LspWindow]:
    client = LspWindow(folder, "nearline bench")
    await client.start(command, folder)
    try:
        await asyncio.wait_for(client.ready.wait(), START_TIMEOUT_S)
        if client.status["state"] != "ready":
            raise RuntimeError(client.status["message"])
        yield client
    finally:
        await client.stop()


def _command(strategy: str, engine: Engine, folder: Path) -> list[str]:
    technique = strategy.removeprefix(without(""))
    config = folder / "nearline-bench.yaml"
    config.write_text(Path(engine.config).read_text() + SETTINGS.get(technique, ""))
    program = [str(COUNTING)] if strategy in (OURS, AGAIN) else [str(LACKING), technique]
    return [sys.executable, "-P", *program, "lsp", "--stdio", "--config", str(config)]
