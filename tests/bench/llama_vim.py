"""When llama.vim asks and what it shows, behind the face of the demo's client, so that the same typist can use it.

After ggml-org/llama.vim a1c8e6e (2026-01-31), autoload/llama.vim: one request at a time, and while it runs
a key only sets a timer of 100 ms that tries again; every answer is kept under up to four contexts and shown
if it fits where the cursor is by then; on each key the kept answers of up to 128 characters back are tried;
with a hint that is shown goes a request for what follows it once it is accepted, unless the next key comes first.
In its favour: the short prompt of its README's server, no curl to start and no editor's channel for every request,
nothing dropped for repeating what stands below, and a first request when the file is opened, where llama.vim waits for
insert mode. Both are as long before the first key as our own reading of the prompt: nobody waits for it.
Left out, which can go either way: extra context of its ring of chunks, which costs time and may tell it more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from lsprotocol import types

from nearline_server.documents.buffer import Buffer, content
from nearline_server.documents.document import Document
from tests.bench.stock_infill import T_MAX_PREDICT_MS, T_MAX_SPECULATIVE_MS, Context

BUSY_S = 0.100
LOOK_BACK_CHARS = 128
MAX_CACHE_KEYS = 250
MAX_LINE_SUFFIX = 8
SHORTER_PREFIXES = 3


class LlamaVim:
    """What a Replay uses of a Client."""

    def __init__(self, http: httpx2.AsyncClient, path: Path, text: str) -> None:
        self.document = Document(path.as_uri(), "python", 1, Buffer(text))
        self.on_refresh: Callable[[int, int, int], None] = lambda *_: None
        self._http = http
        self._cursor = (0, 0)
        self._shown = False
        self._cache: OrderedDict[str, str] = OrderedDict()
        self._job: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._failed: Exception | None = None
        self._indent = 0

    async def aclose(self) -> None:
        """End the timer and the request. Raises what went wrong in one."""
        if self._timer:
            self._timer.cancel()
        if self._job:
            self._job.cancel()
            await asyncio.wait({self._job})
        self._raise()

    def focus(self, at: tuple[int, int]) -> None:
        """The cursor is there now, which is a reason to ask (CursorMovedI)."""
        self._cursor = at
        self._try_hint()
        self._request()

    def insert(self, at: tuple[int, int], text: str) -> tuple[int, int]:
        """A key: the cursor moves."""
        self.document.version += 1
        self.focus(self.document.edit(at, at, text))
        return self._cursor

    async def ask(self, at: tuple[int, int]) -> tuple[types.InlineCompletionItem | None, float]:
        """The hint that stands at the cursor, if one does. Raises what went wrong in a request."""
        self._raise()
        hint = self._hint() if at == self._cursor else ""
        return (types.InlineCompletionItem(hint) if hint else None), 0.0

    async def last_answer(self) -> dict[str, Any]:
        """Where hints come from is all the same here."""
        return {"found": "llama.vim"}

    async def execute(self, command: types.Command) -> None:
        """Nobody has to be told."""

    def _try_hint(self) -> None:
        """s:fim_try_hint()"""
        hint = self._hint()
        self._shown = bool(hint)
        if hint:
            self._request(hint)

    def _request(self, hint: str = "") -> None:
        """llama#fim(): for the cursor, or for what follows a hint there."""
        if self._job:
            if self._timer:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(BUSY_S, self._request, hint)
            return
        buffer, cursor = self.document.buffer, self._cursor
        context = Context.behind(buffer, cursor, hint, self._indent) if hint else Context.at(buffer, cursor)
        keys = _keys(context)
        if len(context.line_suffix) > MAX_LINE_SUFFIX or any(self._kept(key) is not None for key in keys):
            return
        self._indent = context.indent
        most_ms = T_MAX_SPECULATIVE_MS if hint else T_MAX_PREDICT_MS
        self._job = asyncio.create_task(self._send(context.as_in_readme() | {"t_max_predict_ms": most_ms}, keys))

    async def _send(self, body: dict[str, Any], keys: list[str]) -> None:
        try:
            answer = await self._answer(body)
            self._keep(keys, answer["content"])
        except Exception as error:  # noqa: BLE001 (nobody awaits the job: it is raised where the next hint is asked for)
            self._failed = error
        finally:
            self._job = None

    def _keep(self, keys: list[str], answer: str) -> None:
        """s:fim_on_response(). The job is not over yet, so that what follows the hint waits for the timer."""
        for key in keys:
            self._cache[key] = answer
        while len(self._cache) > MAX_CACHE_KEYS:
            self._cache.popitem(last=False)
        if self._shown:
            return
        self._try_hint()
        if self._shown:
            self.on_refresh(self.document.version, *self._cursor)

    async def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        response = await self._http.post("/infill", json=body)
        answer: dict[str, Any] = response.raise_for_status().json()
        return answer

    def _raise(self) -> None:
        failed, self._failed = self._failed, None
        if failed:
            raise failed

    def _kept(self, key: str) -> str | None:
        if key in self._cache:
            self._cache.move_to_end(key)
        return self._cache.get(key)

    def _hint(self) -> str:
        """What of s:fim_try_hint() looks for the text that is shown."""
        context = Context.at(self.document.buffer, self._cursor)
        before = context.prefix + context.middle
        exact = self._kept(_key(before, context.suffix))
        if exact is not None:
            return self._rendered(exact)
        best = ""
        for back in range(1, min(LOOK_BACK_CHARS, len(before)) + 1):
            kept = self._kept(_key(before[:-back], context.suffix))
            if kept and kept.startswith(before[-back:]) and len(kept) - back > len(best):
                best = kept[back:]
        return self._rendered(best)

    def _rendered(self, answer: str) -> str:
        """Without line ends behind it, and on a blank line without the indentation that is there already."""
        answer = answer.rstrip("\n")
        line = content(self.document.buffer.line(self._cursor[0]))
        if line.strip():
            return answer
        first = answer.partition("\n")[0]
        return answer[min(len(first) - len(first.lstrip()), len(line)) :]


def _keys(context: Context) -> list[str]:
    """The context, and the same without its first lines: it is found again after scrolling."""
    keys: list[str] = []
    prefix = context.prefix
    for _ in range(1 + SHORTER_PREFIXES):
        if keys and not prefix:
            break
        keys.append(_key(prefix + context.middle, context.suffix))
        prefix = prefix.partition("\n")[2]
    return keys


def _key(before: str, suffix: str) -> str:
    return f"{before}\0{suffix}"
