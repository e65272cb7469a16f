"""A window whose completions are a function of the text before the cursor and of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lsprotocol import types

from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from nearline_server.replay.session import Session
from nearline_server.replay.window import Cursor

Suggest = Callable[[str], str]


class ScriptedWindow:
    """See Window. `suggest` gives the ghost text, `delay_s` of the loop's time later."""

    def __init__(self, session: Session, suggest: Suggest, delay_s: float = 0.0) -> None:
        self.document = Document("file:///a", session.file.language, 1, Buffer(session.text))
        self.on_refresh: Callable[[int, int, int], None] = lambda *_: None
        self.request_ms: list[float] = []
        self.suggest, self.delay_s = suggest, delay_s
        self.edits: list[tuple[float, str]] = []
        self.focused: list[Cursor] = []
        self.executed: list[str] = []

    async def begin(self, file: Any, text: str, cursor: Cursor) -> None:
        """See Window."""

    async def end(self) -> None:
        """See Window."""

    def focus(self, at: Cursor) -> None:
        """See Window."""
        self.focused.append(at)

    def replace(self, start: Cursor, end: Cursor, text: str) -> Cursor:
        """See Window."""
        self.document.version += 1
        self.edits.append((asyncio.get_running_loop().time(), text))
        return self.document.edit(start, end, text)

    async def ask(self, at: Cursor) -> tuple[types.InlineCompletionItem | None, float]:
        """See Window."""
        ghost = self.suggest(self.document.buffer.before(*at, 10_000))
        await asyncio.sleep(self.delay_s)
        command = types.Command("Accepted", "accept")
        return (types.InlineCompletionItem(ghost, command=command) if ghost else None), self.delay_s * 1000

    async def execute(self, command: types.Command) -> None:
        """See Window."""
        self.executed.append(command.command)
