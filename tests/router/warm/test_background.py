"""Work that nobody waits for ends with whom it belongs to."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from nearline_router.warm.background import Background
from tests.virtual_time import VirtualLoop


def test_work_that_loses_a_cancel_ends_all_the_same(virtual_loop: VirtualLoop) -> None:
    """A library that swallows one keeps nobody from ending."""
    background = Background()

    async def deaf_once() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    async def closed() -> tuple[bool, float]:
        task = background.start(deaf_once())
        await asyncio.sleep(0)
        start_s = virtual_loop.time()
        await background.aclose()
        return task.cancelled(), virtual_loop.time() - start_s

    cancelled, took_s = virtual_loop.run_until_complete(closed())

    assert cancelled
    assert took_s < 60
