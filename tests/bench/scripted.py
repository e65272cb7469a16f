"""The scripted llama.cpp server as a process of its own: an endpoint that costs next to nothing."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "scripted_llama.py"


@asynccontextmanager
async def endpoint(*pieces: str) -> AsyncIterator[str]:
    """The URL of a server that answers every completion with these pieces at once."""
    process = await asyncio.create_subprocess_exec(sys.executable, PROGRAM, *pieces, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


def config(folder: Path, url: str) -> str:
    """A configuration with that endpoint and no other."""
    path = folder / "scripted.yaml"
    path.write_text(
        f"endpoints: {{scripted: {{provider: llamacpp, host: '{url}'}}}}\nengine: {{enabled: false, discover: false}}\n"
    )
    return str(path)
