"""Reads prompts into the model's cache before they are asked for, in idle time and in small pieces.

A piece is short, so that a keystroke which arrives meanwhile waits for one piece at most. The engine keeps
the prompt that was in use beside the one being built (llama.cpp's prompt cache in memory; measured: going
back and forth between a 160-token and a 930-token prompt re-evaluates one token each time).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace

from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_router.types import Infill, Priority, RoutingRequest
from nearline_server.completion.context.neighbours import Neighbours
from nearline_server.completion.place import Place
from nearline_server.completion.window import (
    CHARS_PER_TOKEN,
    LONG_MIDDLE_CHARS,
    Window,
    affordable_window,
    wide_window,
)

# What a first keystroke at a new place may wait for; ghost text follows within a decoded token or two.
COLD_START_MS = 900.0
# A window that is read in so long is worth reading on the way to one that takes longer.
HALFWAY_MS = 2_500.0
# The longest a keystroke waits for a piece of background reading.
PIECE_MS = 100.0
SHORTEST_PIECE_CHARS = 48


class WarmUp:
    """The window of each document, and the idle work that widens it."""

    def __init__(self, router: Router, neighbours: Neighbours | None = None) -> None:
        self._router = router
        self._neighbours = neighbours
        self._windows: dict[str, Window] = {}
        # The versions of other documents that were looked at for a window.
        self._looked_at: dict[str, tuple[Window, int]] = {}
        self._task: asyncio.Task[None] | None = None
        self._task_uri = ""
        self._reading: asyncio.Task[bool] | None = None

    def infill(self, place: Place, multiline: bool) -> Infill:
        """The prompt for a place: the window in use if it fits, else what can be afforded at once."""
        window = self._windows.get(place.uri)
        if window is None or not window.fits(place):
            affordable = self._router.speed.affordable_tokens(COLD_START_MS)
            window = self._windows[place.uri] = affordable_window(place, window, affordable)
        infill = window.infill(place, multiline)
        # Switched off meanwhile, nothing of other documents goes along from the next key on.
        return infill if self._neighbours and self._neighbours.wanted else infill.alone

    def schedule(self, place: Place, delay_s: float) -> None:
        """Widen the window at this place after `delay_s` without an interruption, if that gains anything."""
        self.interrupt()
        if self._gains(place):
            self._task_uri = place.uri
            self._task = asyncio.create_task(self._widen(place, delay_s))

    def interrupt(self) -> None:
        """The user is back: no further piece is begun; the one that is being read is kept."""
        if self._task:
            self._task.cancel()
            self._task = None

    async def aclose(self) -> None:
        """End idle work, the piece that is being read too."""
        self.interrupt()
        if self._reading:
            self._reading.cancel()

    def forget(self, uri: str) -> None:
        """The document was closed: nothing more is read for it."""
        if self._task_uri == uri:
            self.interrupt()
        self._windows.pop(uri, None)
        self._looked_at.pop(uri, None)

    def _gains(self, place: Place) -> bool:
        window = self._windows.get(place.uri)
        return window is None or _outgrown(window, place) or self._gains_context(place, window)

    def _gains_context(self, place: Place, window: Window) -> bool:
        """Whether there is room for pieces of other documents, and these have changed since they were looked at."""
        others = self._neighbours
        if others is None or not others.affordable_chars(window.chars(place)):
            return False
        return self._looked_at.get(place.uri) != (window, others.versions(place))

    async def _widen(self, place: Place, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        if not await self._halfway(place):
            return
        current = self._windows.get(place.uri)
        own = wide_window(place) if current is None or _outgrown(current, place) else current
        window = await self._with_context(place, own)
        if window == current or await self._read_all(place, window):
            self._windows[place.uri] = window

    async def _halfway(self, place: Place) -> bool:
        """Where the wide window takes long to read, a middling one comes first: a part of it would be of no use.

        False when it could not be read. Two cores, 60-key sessions: 26 % of the keys saved with it, 23 % without.
        """
        current = self._windows.get(place.uri)
        halfway = affordable_window(place, None, self._router.speed.affordable_tokens(HALFWAY_MS))
        has = current.chars(place) if current and current.fits(place) else 0
        if halfway.wide or has >= halfway.chars(place) / 2:
            return True
        if not await self._read_all(place, halfway):
            return False
        self._windows[place.uri] = halfway
        return True

    async def _with_context(self, place: Place, window: Window) -> Window:
        others = self._neighbours
        chars = others.affordable_chars(window.chars(place)) if others else 0
        if others is None or not chars:
            return replace(window, context=())
        versions = others.versions(place)
        window = replace(window, context=await others.snippets(place, chars))
        self._looked_at[place.uri] = window, versions
        return window

    async def _read_all(self, place: Place, window: Window) -> bool:
        for infill in self._pieces(place, window):
            if not await self._read(place, infill):
                return False
        return await self._read(place, window.infill(place))

    async def _read(self, place: Place, infill: Infill) -> bool:
        # A server reads a piece to its end anyway; leaving earlier would let the next request queue inside it.
        self._reading = asyncio.create_task(self._read_piece(place, infill))
        return await asyncio.shield(self._reading)

    async def _read_piece(self, place: Place, infill: Infill) -> bool:
        """Whether it was read; the user came first, or the endpoint is away, otherwise."""
        request = RoutingRequest(
            infill,
            0,
            task="warm-up",
            priority=Priority.WARM_UP,
            warm_up=True,
            path=place.file or place.path,
            workspace=self._neighbours.workspace(place) if self._neighbours else None,
            document=place.uri,
        )
        try:
            async with aclosing(self._router.stream(request)) as chunks:
                async for _ in chunks:
                    pass
        except RouterError:
            return False
        return True

    def _pieces(self, place: Place, window: Window) -> Iterator[Infill]:
        """The window's beginning, longer from piece to piece: other files, then its own."""
        empty = Infill("", "", "", place.path, place.language)
        for count, one in enumerate(window.context):
            for end in (*self._piece_ends(one.text), len(one.text)):
                yield replace(empty, context=(*window.context[:count], replace(one, text=one.text[:end])))
        for end in self._piece_ends(window.prefix):
            yield replace(empty, prefix=window.prefix[:end], context=window.context)

    def _piece_ends(self, text: str) -> list[int]:
        tokens = self._router.speed.affordable_tokens(PIECE_MS)
        piece = max(SHORTEST_PIECE_CHARS, int(tokens * CHARS_PER_TOKEN))
        ends, last = [], 0
        for end in (at + 1 for at, char in enumerate(text) if char == "\n"):
            if end - last >= piece:
                ends.append(end)
                last = end
        return ends


def _outgrown(window: Window, place: Place) -> bool:
    """Whether another window of the document itself would be better here."""
    return not window.wide or not window.fits(place) or len(window.middle(place) or "") > LONG_MIDDLE_CHARS
