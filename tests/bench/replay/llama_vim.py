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
from tests.bench.projection import Asked
from tests.bench.stock_infill import T_MAX_PREDICT_MS


class LlamaVimWindow(llama_vim.LlamaVim):
    """See Window. It keeps what it knows over files, as one that runs does.

    `asked` is the work of every request for a key by the server's own count, `request_ms` its time; in neither is what
    is asked when a file is opened, at a jump, or for what follows a hint. An answer comes whole: its first text and its
    line stand with the last token.
    """

    def __init__(self, http: httpx2.AsyncClient) -> None:
        super().__init__(http, Path.cwd(), "")
        self.request_ms: list[float] = []
        self.asked: list[Asked] = []
        self._looking = False

    async def begin(self, file: SourceFile, text: str, cursor: Cursor) -> None:
        """See Window. It asks at once, and nobody waits for the answer."""
        self.document = Document(f"file:///{file.name}", file.language, 1, Buffer(text))
        self.focus(cursor)

    async def end(self) -> None:
        """See Window. Raises what went wrong in a request."""
        await self.aclose()

    def replace(self, start: Cursor, end: Cursor, text: str) -> Cursor:
        """See Window."""
        self.document.version += 1
        super().focus(self.document.edit(start, end, text))
        return self._cursor

    def focus(self, at: Cursor) -> None:
        """See Window. What is asked now is asked for no key."""
        idle = self._job is None
        super().focus(at)
        self._looking = idle and self._job is not None

    async def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        start_s = time.perf_counter()
        for_key = body["t_max_predict_ms"] == T_MAX_PREDICT_MS and not self._looking
        self._looking = False
        answer = await super()._answer(body)
        if for_key:
            self.request_ms.append((time.perf_counter() - start_s) * 1000)
            timings = answer["timings"]
            self.asked.append(Asked(timings["prompt_n"], timings["predicted_n"], timings["predicted_n"]))
        return answer
