"""Looks at accepted text again after a while, all by one timer."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from nearline_server.acceptance.fate import LOOKS, Fate


class LookBack:
    """Calls `look` with a fate and a column of `LOOKS` when it is time for that.

    `clock` is in seconds and need not go at the pace of the event loop's: after a sleep of the machine, in which
    nothing was edited, all that is due is looked at at once.
    """

    def __init__(self, clock: Callable[[], float], look: Callable[[Fate, str], None]) -> None:
        self._clock = clock
        self._look = look
        self._due: list[tuple[float, int, Fate, int, str]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, fate: Fate) -> None:
        """From now on; what is still due for an earlier part of the same suggestion is left out."""
        now_s = self._clock()
        for after_s, column in LOOKS.items():
            entry = (now_s + after_s, next(self._numbers), fate, fate.takes, column)
            heapq.heappush(self._due, entry)
        self._set_timer()

    def _tick(self) -> None:
        now_s = self._clock()
        while self._due and self._due[0][0] <= now_s:
            _, _, fate, takes, column = heapq.heappop(self._due)
            if takes == fate.takes:
                self._look(fate, column)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if self._due:
            delay_s = max(0.0, self._due[0][0] - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)
