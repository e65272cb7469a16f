"""Plain completion of what stands before the cursor, a line at most: what a chat-like client does with a base model.

The newest key wins: it closes the stream of the one before, so that the engine stops. There is no cache, no
type-through and no deadline; what comes is shown when it is whole, if nothing was pressed meanwhile. In its favour: it
streams, there is no editor's channel in between, the prompt is read when a file is opened and after a jump (nobody
waits for that: it has as long as our own reading has), and its beginning moves only every 1,200 characters, so that the
engine's cache holds from key to key.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
from lsprotocol import types

from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from nearline_server.replay.files import SourceFile
from nearline_server.replay.window import Cursor

# As many as our own widest window has before the cursor.
PROMPT_CHARS, STEP_CHARS = 2_400, 1_200
MOST_TOKENS = 32


class PlainPrefix:
    """See Window."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.document = Document("", "", 0, Buffer(""))
        self.on_refresh: Callable[[int, int, int], None] = lambda *_: None
        self.request_ms: list[float] = []
        self._http = http
        self._running: asyncio.Task[str] | None = None
        self._readings: list[asyncio.Task[str]] = []

    async def begin(self, file: SourceFile, text: str, cursor: Cursor) -> None:
        """See Window."""
        self.document = Document(f"file:///{file.name}", file.language, 1, Buffer(text))
        self.focus(cursor)

    async def end(self) -> None:
        """See Window. Raises what went wrong when a prompt was read."""
        await self._stop()
        readings, self._readings = self._readings, []
        for reading in readings:
            reading.cancel()
        await asyncio.wait(readings)
        for reading in readings:
            if not reading.cancelled():
                reading.result()

    def focus(self, at: Cursor) -> None:
        """The prompt there is read. A key does not end that: the server would read on, and the key needs it."""
        self._readings.append(asyncio.create_task(self._line(self._body(at) | {"n_predict": 0})))

    def replace(self, start: Cursor, end: Cursor, text: str) -> Cursor:
        """See Window."""
        self.document.version += 1
        return self.document.edit(start, end, text)

    async def ask(self, at: Cursor) -> tuple[types.InlineCompletionItem | None, float]:
        """See Window."""
        start_s = time.perf_counter()
        await self._stop()
        task = self._running = asyncio.create_task(self._line(self._body(at)))
        await asyncio.wait({task})
        took_ms = (time.perf_counter() - start_s) * 1000
        if task.cancelled():
            return None, took_ms
        self.request_ms.append(took_ms)
        text = task.result()
        return (types.InlineCompletionItem(text) if text.strip() else None), took_ms

    async def execute(self, command: types.Command) -> None:
        """Nobody has to be told."""

    async def _stop(self) -> None:
        if self._running and not self._running.done():
            self._running.cancel()
            await asyncio.wait({self._running})

    def _body(self, at: Cursor) -> dict[str, Any]:
        return {
            "prompt": prompt(self.document.buffer.before(*at, self.document.buffer.chars)),
            "n_predict": MOST_TOKENS,
            "temperature": 0,
            "stop": ["\n"],
            "stream": True,
            "cache_prompt": True,
        }

    async def _line(self, body: dict[str, Any]) -> str:
        text = ""
        async with self._http.stream("POST", "/completion", json=body) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    text += json.loads(line.removeprefix("data: "))["content"]
        return text


def prompt(before: str) -> str:
    """The last 2,400 characters and up to 1,200 more, from a line's beginning on."""
    surplus = max(0, len(before) - PROMPT_CHARS) // STEP_CHARS * STEP_CHARS
    return before[before.find("\n", surplus) + 1 :] if surplus else before
