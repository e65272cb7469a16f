"""A hedge: where the first endpoint gives no content for a while, a second one is asked too; the first content wins.

After Dean and Barroso, The Tail at Scale (2013). Only between an endpoint near the user and one that is not, off
unless configured, and within a daily sum, since the loser costs money too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from nearline_router.errors import EndpointError
from nearline_router.types import Chunk, Chunks


class Racer:
    """One of the two streams, read until its first content; then it waits to be told that it won."""

    def __init__(self, chunks: Chunks) -> None:
        self.chunks = chunks
        self.early: list[Chunk] = []
        self.error: EndpointError | None = None
        self.task = asyncio.create_task(self._read())

    @property
    def won(self) -> bool:
        """Whether there is content."""
        return self.task.done() and not self.task.cancelled() and self.error is None

    async def _read(self) -> None:
        try:
            async for chunk in self.chunks:
                self.early.append(chunk)
                if chunk.text or chunk.finish:
                    return
        except EndpointError as error:
            self.error = error

    async def rest(self) -> Chunks:
        """Everything, from the beginning."""
        for chunk in self.early:
            yield chunk
        async for chunk in self.chunks:
            yield chunk

    async def aclose(self) -> None:
        """End it, and the work behind it."""
        self.task.cancel()
        await asyncio.wait([self.task])
        await self.chunks.aclose()


async def hedged(
    first: Chunks, second: Chunks, after_ms: float, on_lost: Callable[[Chunks], None] = lambda _: None
) -> Chunks:
    """The stream that has content first; `second` is begun `after_ms` later, or as soon as `first` fails.

    `on_lost` is told of the other one before it is ended. Raises the second's EndpointError when both failed.
    """
    async with _racing(first) as one:
        await asyncio.wait([one.task], timeout=after_ms / 1000)
        if one.won:
            async for chunk in one.rest():
                yield chunk
            return
        async with _racing(second) as other:
            winner = await _winner(one, other, on_lost)
            async with aclosing(winner.rest()) as chunks:
                async for chunk in chunks:
                    yield chunk


async def _winner(one: Racer, other: Racer, on_lost: Callable[[Chunks], None]) -> Racer:
    racing = {one.task: one, other.task: other}
    while racing:
        done, _ = await asyncio.wait(racing, return_when=asyncio.FIRST_COMPLETED)
        for racer in [racing.pop(task) for task in (one.task, other.task) if task in done]:
            if racer.won:
                # The loser is ended at once: it costs money.
                loser = other if racer is one else one
                on_lost(loser.chunks)
                await loser.aclose()
                return racer
    raise other.error or one.error or AssertionError("a racer ended without content or error")


@asynccontextmanager
async def _racing(chunks: Chunks) -> AsyncIterator[Racer]:
    racer = Racer(chunks)
    try:
        yield racer
    finally:
        await racer.aclose()
