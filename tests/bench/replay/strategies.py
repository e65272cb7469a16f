"""The ways to complete that are compared, each a window onto the same engine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nearline_server.demo.client import START_TIMEOUT_S, server_command
from nearline_server.replay.window import LspWindow, Window
from tests.bench.engine import CONFIG, Engine
from tests.bench.replay.llama_vim import LlamaVimWindow
from tests.bench.replay.plain_prefix import PlainPrefix
from tests.bench.replay.without import SETTINGS, WITHOUT

OURS, LLAMA_VIM, PREFIX = "ours", "stock /infill (llama.vim)", "plain prefix"
PEERS = (LLAMA_VIM, PREFIX)
PROGRAM = Path(__file__).with_name("without.py")
TECHNIQUES = (*WITHOUT, *SETTINGS)


def without(technique: str) -> str:
    """The name of ours without one of its techniques."""
    return f"without {technique}"


def explained() -> list[str]:
    """What is different without each technique."""
    return [f"{without(name)}: {switch.__doc__}" for name, switch in WITHOUT.items()] + [
        f"{without(name)}: {setting.strip()}" for name, setting in SETTINGS.items()
    ]


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
    if strategy == OURS:
        return server_command(engine.config)
    technique = strategy.removeprefix(without(""))
    config = folder / "nearline-bench.yaml"
    config.write_text(CONFIG + SETTINGS.get(technique, ""))
    return [sys.executable, "-P", str(PROGRAM), technique, "lsp", "--stdio", "--config", str(config)]
