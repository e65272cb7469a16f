"""One queue per endpoint, ours: never more than its slots inside it, on the whole machine.

Order: priority class, then arrival. A request that waits is dropped when a newer one with the same
`supersedes` key arrives; background work that runs is ended at its next token when a keystroke waits.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from contextlib import aclosing
from pathlib import Path

from nearline_router.errors import Superseded
from nearline_router.lease import Lease
from nearline_router.types import Chunk, Chunks, Endpoint, Priority, RoutingRequest


class Ticket:
    """One request's place: it waits, then it holds a slot."""

    def __init__(self, order: int, request: RoutingRequest) -> None:
        self.request = request
        self.order = order
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.preempted = False

    def __lt__(self, other: Ticket) -> bool:
        """Heap order: class first, then who came first."""
        return (self.request.priority, self.order) < (other.request.priority, other.order)


class Admission:
    """An endpoint behind its queue. `lease_folder` holds the locks that other processes see; None: only ours."""

    def __init__(self, inner: Endpoint, max_concurrency: int, lease_folder: Path | None = None) -> None:
        self._inner = inner
        self._free = max_concurrency
        self._lease = Lease(lease_folder, inner.id, max_concurrency) if lease_folder else None
        self._waiting: list[Ticket] = []
        self._running: set[Ticket] = set()
        self._arrivals = 0

    @property
    def id(self) -> str:
        """The inner endpoint's name."""
        return self._inner.id

    async def stream(self, request: RoutingRequest) -> Chunks:
        """The inner stream, when it is this request's turn. Raises Superseded when that turn never comes."""
        arrived_s = time.monotonic()
        ticket = await self._enter(request)
        slot = None
        try:
            slot = await self._lease.acquire() if self._lease else None
            yield Chunk(queued_ms=(time.monotonic() - arrived_s) * 1000)
            async with aclosing(self._inner.stream(request)) as chunks:
                async for chunk in chunks:
                    yield chunk
                    if ticket.preempted and not chunk.finish:
                        raise Superseded("ended for a keystroke")
        finally:
            if slot:
                slot.release()
            self._leave(ticket)

    async def _enter(self, request: RoutingRequest) -> Ticket:
        self._arrivals += 1
        ticket = Ticket(self._arrivals, request)
        self._drop_superseded(request)
        heapq.heappush(self._waiting, ticket)
        self._admit()
        if not ticket.turn.done():
            self._preempt_background(request)
        try:
            await ticket.turn
        except BaseException:
            # Cancelled between being admitted and waking up: the slot was ours already.
            if ticket in self._running:
                self._leave(ticket)
            raise
        return ticket

    def _leave(self, ticket: Ticket) -> None:
        self._running.discard(ticket)
        self._free += 1
        self._admit()

    def _admit(self) -> None:
        while self._free and self._waiting:
            ticket = heapq.heappop(self._waiting)
            if not ticket.turn.done():
                self._free -= 1
                self._running.add(ticket)
                ticket.turn.set_result(None)

    def _drop_superseded(self, request: RoutingRequest) -> None:
        for waiting in self._waiting:
            same = request.supersedes is not None and waiting.request.supersedes == request.supersedes
            if same and waiting.request.priority >= request.priority and not waiting.turn.done():
                waiting.turn.set_exception(Superseded("a newer request took its place"))

    def _preempt_background(self, request: RoutingRequest) -> None:
        if request.priority in (Priority.TYPING, Priority.ACTION):
            for running in self._running:
                running.preempted |= running.request.priority >= Priority.SPECULATION
