"""When a connection is asked for something only so that it stays open.

Servers and NAT gateways close what is quiet (httpx2 itself after 5 s by default; many servers after 60 to 75 s), and
httpcore2 sends no PING, so a cheap request goes out now and then; but only while somebody is there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import httpx2

from nearline_router.errors import RouterError
from nearline_router.warm.background import Background

# A quiet connection is asked this often, half of the shortest common idle limit.
INTERVAL_S = 30.0
# Somebody who has done nothing for this long is not there.
ACTIVE_S = 300.0
# What gave a sign of life this lately is neither doubted, nor, where nobody used it, opened again when it is closed.
LATELY_S = 5.0

log = logging.getLogger(__name__)


class KeepWarm:
    """Calls `warm` in time; None: there is nothing to call. Times are seconds of `clock`."""

    def __init__(
        self,
        warm: Callable[[], Awaitable[object]] | None,
        background: Background,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._warm = warm
        self._background = background
        self._clock = clock
        self._sleep = sleep
        self._touched_s = self._used_s = self._alive_s = self._warmed_s = float("-inf")
        self.running = 0
        self._loop: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether somebody is there."""
        return self._clock() - self._touched_s < ACTIVE_S

    def touch(self) -> None:
        """Somebody is there: what is cold or has been quiet for long is warmed now."""
        self._touched_s = self._clock()
        asleep = self._loop is None or self._loop.done()
        if asleep and self._warm and not self._background.closed:
            self._loop = self._background.start(self._run(self._warm))

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """A request goes out, and ends with the block. One that ends unanswered raises doubts: is anything there?"""
        self.running += 1
        start_s = self._used_s = self._clock()
        self.touch()
        try:
            yield
            self.answered()
        finally:
            self.running -= 1
            if self._alive_s < start_s and not self._lately:
                self._start()

    def answered(self) -> None:
        """The endpoint has said something, so the connection needs nothing for a while."""
        self._alive_s = self._clock()

    def reopen(self) -> None:
        """A connection is missing: open one now, unless nobody is there or an unused one was closed a moment ago."""
        unused = self._used_s <= self._warmed_s
        if self.active and not (unused and self._lately):
            self._start()

    @property
    def _lately(self) -> bool:
        return self._clock() - max(self._alive_s, self._warmed_s) < LATELY_S

    def _start(self) -> None:
        if self._warm and not self._background.closed:
            self._background.start(self._quietly(self._warm))

    async def _run(self, warm: Callable[[], Awaitable[object]]) -> None:
        while self.active and not self._background.closed:
            now_s = self._clock()
            due_s = (now_s if self.running else max(self._alive_s, self._warmed_s)) + INTERVAL_S
            if now_s >= due_s:
                await self._quietly(warm)
            else:
                await self._sleep(due_s - now_s)

    async def _quietly(self, warm: Callable[[], Awaitable[object]]) -> None:
        self._warmed_s = self._clock()
        try:
            await warm()
        except (httpx2.HTTPError, RouterError) as error:
            log.debug("not warmed: %s", type(error).__name__)
        finally:
            self._warmed_s = self._clock()
