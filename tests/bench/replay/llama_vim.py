"""llama.vim's way as a window that is typed into, jumped about in, and edited."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx2

from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from nearline_server.replay.files import SourceFile
from nearline_server.replay.window import Cursor
from tests.bench import llama_vim


class LlamaVimWindow(llama_vim.LlamaVim):
    """See Window. It keeps what it knows over files, as one that runs does."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        super().__init__(http, Path.cwd(), "")
        self.request_ms: list[float] = []

    async def begin(self, file: SourceFile, text: str, cursor: Cursor) -> None:  # type: ignore[override]
        """See Window."""
        self.document = Document(f"file:///{file.name}", file.language, 1, Buffer(text))
        await super().begin(cursor)

    async def end(self) -> None:
        """See Window."""
        await self.aclose()

    def focus(self, at: Cursor) -> None:
        """CursorMovedI asks, too."""
        self._moved(at)

    def replace(self, start: Cursor, end: Cursor, text: str) -> Cursor:
        """See Window."""
        self.document.version += 1
        self._moved(self.document.edit(start, end, text))
        return self._cursor

    def _moved(self, at: Cursor) -> None:
        self._cursor = at
        self._shown = bool(self._hint())
        self._request()

    async def _send(self, body: dict[str, Any], keys: list[str]) -> None:
        start_s = time.perf_counter()
        await super()._send(body, keys)
        self.request_ms.append((time.perf_counter() - start_s) * 1000)
