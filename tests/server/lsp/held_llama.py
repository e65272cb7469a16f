"""The scripted llama.cpp server with a hand on its tap."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from tests.scripted_llama import ScriptedLlama
from tests.server.prompts import around_cursor


@dataclass
class HeldLlama(ScriptedLlama):
    """While `let` is cleared no stream says a word; set again, those that are still open do."""

    let: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.let.set()

    async def _stream(self, writer: asyncio.StreamWriter, body: dict[str, Any], number: int) -> None:
        await self.let.wait()
        await super()._stream(writer, body, number)

    async def come_back(self) -> None:
        """Listen again, where it did before `stop`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", int(self.url.rpartition(":")[2]))

    def reset(self) -> None:
        """As if it were new."""
        fresh = HeldLlama()
        self.pieces, self.first_delay_s, self.piece_delay_s = fresh.pieces, 0.0, 0.0
        self.status, self.drop_after, self.cut, self.most_inside = 200, None, 0, self.inside
        self.completions, self.keys = [], []
        self.let.set()

    def prompt(self, number: int = -1) -> tuple[str, str]:
        """What one of the completions was told to stand before and behind the cursor."""
        return around_cursor(self.completions[number])
