"""Reads prompts into the model's cache before they are asked for, in idle time and in small pieces.

A piece is short, so that a keystroke which arrives meanwhile waits for one piece at most. The engine keeps
the prompt that was in use beside the one being built (llama.cpp's prompt cache in memory; measured: going
back and forth between a 160-token and a 930-token prompt re-evaluates one token each time).
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_router.types import Infill, Priority, RoutingRequest
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
# The longest a keystroke waits for a piece of background reading.
PIECE_MS = 100.0
SHORTEST_PIECE_CHARS = 48


class WarmUp:
    """The window of each document, and the idle work that widens it."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._windows: dict[str, Window] = {}
        self._task: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[bool] | None = None

    def infill(self, place: Place, multiline: bool) -> Infill:
        """The prompt for a place: the window in use if it fits, else what can be afforded at once."""
        window = self._windows.get(place.uri)
        if window is None or not window.fits(place):
            affordable = self._router.speed.affordable_tokens(COLD_START_MS)
            window = self._windows[place.uri] = affordable_window(place, window, affordable)
        return window.infill(place, multiline)

    def schedule(self, place: Place, delay_s: float) -> None:
        """Widen the window at this place after `delay_s` without an interruption, if that gains anything."""
        self.interrupt()
        if self._gains(place):
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
        """The document was closed."""
        self._windows.pop(uri, None)

    def _gains(self, place: Place) -> bool:
        window = self._windows.get(place.uri)
        if window is None or not window.wide or not window.fits(place):
            return True
        return len(window.middle(place) or "") > LONG_MIDDLE_CHARS

    async def _widen(self, place: Place, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        window = wide_window(place)
        for end in self._piece_ends(window.prefix):
            if not await self._read(Infill(window.prefix[:end], "", "", place.path, place.language)):
                return
        if await self._read(window.infill(place)):
            self._windows[place.uri] = window

    async def _read(self, infill: Infill) -> bool:
        # A server reads a piece to its end anyway; leaving earlier would let the next request queue inside it.
        self._reading = asyncio.create_task(self._read_piece(infill))
        return await asyncio.shield(self._reading)

    async def _read_piece(self, infill: Infill) -> bool:
        """Whether it was read; the user came first, or the endpoint is away, otherwise."""
        request = RoutingRequest(infill, 0, task="warm-up", priority=Priority.WARM_UP, warm_up=True)
        try:
            async with aclosing(self._router.stream(request)) as chunks:
                async for _ in chunks:
                    pass
        except RouterError:
            return False
        return True

    def _piece_ends(self, prefix: str) -> list[int]:
        tokens = self._router.speed.affordable_tokens(PIECE_MS)
        piece = max(SHORTEST_PIECE_CHARS, int(tokens * CHARS_PER_TOKEN))
        ends, last = [], 0
        for end in (at + 1 for at, char in enumerate(prefix) if char == "\n"):
            if end - last >= piece:
                ends.append(end)
                last = end
        return ends
