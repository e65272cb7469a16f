"""Work that nobody waits for, and that ends with whom it belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

# A library may lose a cancel that comes while it opens a connection; it is told again.
CANCEL_AGAIN_S = 0.5


class Background:
    """Tasks that are held until they are done (asyncio itself holds none); their errors are for who awaits them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self.closed = False

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin `work`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def aclose(self) -> None:
        """Cancel what is left, and wait for it."""
        self.closed = True
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=CANCEL_AGAIN_S)
            # The callbacks that forget the tasks run in the loop's next turn.
            await asyncio.sleep(0)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not log it with what it may carry
