"""A server over stdio with one open document, as an editor window has it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nearline_server.demo.client import START_TIMEOUT_S, Client
from nearline_server.demo.typist import Script
from tests.bench.documents import cursor

BARE = [sys.executable, "-P", str(Path(__file__).with_name("bare_server.py"))]


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of one key: how long the answer took at the client, its text, and what the server says of it."""

    took_ms: float
    text: str
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def found(self) -> str:
        """How the server found it."""
        return str(self.said.get("found", ""))

    def stage_ms(self, name: str) -> float:
        """The time the server spent in one of its stages."""
        stages = self.said["stages_ms"]
        return float(getattr(stages, name, 0.0) if not isinstance(stages, dict) else stages.get(name, 0.0))


class Typing:
    """Types into the open document and asks after every key; never two requests at once."""

    def __init__(self, client: Client, script: Script) -> None:
        self.client = client
        self.cursor = cursor(script.before)

    async def press(self, key: str) -> Pressed:
        """One key, and the answer to it."""
        self.cursor = self.client.insert(self.cursor, key)
        item, took_ms = await self.client.ask(self.cursor)
        text = item.insert_text if item else ""
        return Pressed(took_ms, text if isinstance(text, str) else text.value)

    async def press_and_see(self, key: str) -> Pressed:
        """One key, the answer, and what the server says of it afterwards, which is in nobody's time."""
        pressed = await self.press(key)
        return Pressed(pressed.took_ms, pressed.text, await self.client.last_answer())


@asynccontextmanager
async def window(command: Sequence[str], path: Path, script: Script) -> AsyncIterator[Client]:
    """Any server, with the document open."""
    client = Client()
    await client.start(command, path.parent)
    try:
        client.open(path, "python", script.before + script.after)
        yield client
    finally:
        await client.stop()


async def until_ready(client: Client) -> None:
    """Wait until Nearline has its model."""
    await asyncio.wait_for(client.ready.wait(), START_TIMEOUT_S)
    if client.status["state"] != "ready":
        raise RuntimeError(client.status["message"])


def pid_of(client: Client) -> int:
    """The server's process."""
    process = client._client._server
    assert process is not None
    return process.pid
