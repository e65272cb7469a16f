"""The scripted llama.cpp server with a hand on its tap, and what the prompts it was given say."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from tests.scripted_llama import ScriptedLlama

# The scripted tokenizer: bytes of the text below, control tokens from here on.
FIRST_CONTROL = 100_000


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


def around_cursor(body: dict[str, Any]) -> tuple[str, str]:
    """Reads a prompt of Qwen's: prefix, suffix, middle, and what token healing forces as the first output."""
    texts: list[bytearray] = []
    for token in body["prompt"]:
        if token >= FIRST_CONTROL:
            texts.append(bytearray())
        else:
            texts[-1].append(token)
    prefix, suffix, middle = (text.decode() for text in texts)
    return prefix + middle + _forced(body), suffix


def _forced(body: dict[str, Any]) -> str:
    literal = re.match(r'root ::= "((?:[^"\\]|\\.)*)"', body.get("grammar", ""))
    return literal[1].encode().decode("unicode_escape") if literal else ""
