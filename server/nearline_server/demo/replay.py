"""Types a script into the real server and keeps what a user would have seen."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lsprotocol import types

from nearline_server.demo.client import Client
from nearline_server.demo.typist import Script

# A person does not take a suggestion that saves one character.
WORTH_ACCEPTING_CHARS = 3
# An answer may cross the next key on its way; one that is sent later than this after the key is stale.
WIRE_S = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer: what stood before the cursor on its line, the ghost text, how it was found, how long it took.

    `event` is "shown" for a text that was not there before, "typed-through" for the rest of one, "accepted".
    """

    line_before: str
    ghost: str
    found: str
    took_ms: float
    event: str


@dataclass(slots=True)
class Tally:
    """What a replay came to. `standing` counts keys at which ghost text stood before the next was pressed."""

    keys: int = 0
    took_ms: list[float] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)
    suggestions: int = 0
    standing: int = 0
    saved_chars: int = 0
    accepted: int = 0
    stale: int = 0
    budget_ms: float = 150.0

    def figures(self) -> dict[str, Any]:
        """The numbers of the closing table. Times are milliseconds from request to answer, at the client."""
        took = sorted(self.took_ms) or [0.0]
        return {
            "keys": self.keys,
            "suggestions": self.suggestions,
            "p50_ms": round(statistics.median(took), 2),
            "p95_ms": round(took[min(len(took) - 1, int(len(took) * 0.95))], 2),
            "within_budget": round(sum(ms <= self.budget_ms for ms in took) / len(took), 4),
            "standing": round(self.standing / max(1, self.keys), 4),
            "saved_chars": self.saved_chars,
            "accepted": self.accepted,
            "stale": self.stale,
            "found": self.found,
        }


class Replay:
    """A typist: types, looks at what is shown, takes it when it is what the file has next."""

    def __init__(self, client: Client, script: Script, gaps_s: Iterator[float], show: Callable[[Seen], None]) -> None:
        self.tally = Tally()
        self._client = client
        self._script = script
        self._gaps_s = gaps_s
        self._show = show
        self._cursor = client.document.buffer.clamp(script.before.count("\n"), 10**9)
        self._item: types.InlineCompletionItem | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._typed_s = 0.0

    def refreshed(self, version: int, line: int, column: int) -> None:
        """The server knows more about this place now: ask again, as our editors do."""
        if (version, line, column) == (self._client.document.version, *self._cursor):
            self._ask()

    async def run(self) -> Tally:
        """Type the whole script."""
        rest = self._script.typed
        keys = Script("", rest, "").keys()
        while rest:
            pressed_s = time.perf_counter()
            typed = self._accepted(rest) or next(keys)
            if len(typed) > 1 and not typed.startswith(("\n", "\r")):
                keys = Script("", rest[len(typed) :], "").keys()
            rest = rest[len(typed) :]
            self._type(typed)
            await asyncio.sleep(max(0.0, next(self._gaps_s) - (time.perf_counter() - pressed_s)))
            self.tally.standing += self._item is not None
        for task in list(self._asking):
            await task
        return self.tally

    def _accepted(self, rest: str) -> str | None:
        """The ghost text, when it is what comes next and worth a key."""
        if self._item is None:
            return None
        ghost = _text(self._item)
        if len(ghost) < WORTH_ACCEPTING_CHARS or not rest.startswith(ghost):
            return None
        self.tally.accepted += 1
        self.tally.saved_chars += len(ghost) - 1
        self._see(ghost, "accepted", 0.0, "accepted")
        if self._item.command:
            self._spawn(self._tell(self._item.command))
        return ghost

    def _type(self, text: str) -> None:
        self._item = None
        self._typed_s = time.perf_counter()
        self.tally.keys += 1
        self._cursor = self._client.insert(self._cursor, text)
        self._ask()

    def _ask(self) -> None:
        self._spawn(self._answer(self._client.document.version))

    async def _answer(self, version: int) -> None:
        item, took_ms = await self._client.ask(self._cursor)
        self.tally.took_ms.append(took_ms)
        if version != self._client.document.version:
            overtaken_s = time.perf_counter() - self._typed_s
            self.tally.stale += item is not None and overtaken_s > WIRE_S
            return
        record = await self._client.last_answer()
        self.tally.found[record["found"]] = self.tally.found.get(record["found"], 0) + 1
        if item is None or version != self._client.document.version:
            return
        self._item = item
        new = record["found"] != "type-through"
        self.tally.suggestions += new
        self._see(_text(item), record["found"], took_ms, "shown" if new else "typed-through")

    async def _tell(self, command: types.Command) -> None:
        await self._client.execute(command)

    def _see(self, ghost: str, found: str, took_ms: float, event: str) -> None:
        line, column = self._cursor
        before = self._client.document.buffer.line(line)[:column]
        self._show(Seen(before, ghost, found, took_ms, event))

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)


def _text(item: types.InlineCompletionItem) -> str:
    text = item.insert_text
    return text if isinstance(text, str) else text.value
