"""A server in an event loop of its own, for tests of what brings its loop along or is another program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

S = TypeVar("S", bound=AbstractAsyncContextManager[Any])

START_TIMEOUT_S = 20


@contextmanager
def serving(server: S) -> Iterator[S]:
    """The server, listening in a thread until the end of the block."""
    listening, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with server:
            listening.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert listening.wait(START_TIMEOUT_S)
    try:
        yield server
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(START_TIMEOUT_S)
