"""Who waits in this window, and in which order they go."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator

from nearline_router.admission.board import Wanted
from nearline_router.admission.lease import Slot
from nearline_router.errors import Superseded
from nearline_router.types import Priority, RoutingRequest

# What background work gives way to.
URGENT = frozenset({Priority.TYPING, Priority.ACTION})


class Ticket:
    """One request's place: it waits, then it holds a slot and is expected to leave it at `ends_s`."""

    def __init__(self, order: int, request: RoutingRequest, wanted: Wanted) -> None:
        self.request = request
        self.order = order
        self.wanted = wanted
        self.turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.slot: Slot | None = None
        self.ends_s = 0.0
        self.preempted = False

    def __lt__(self, other: Ticket) -> bool:
        """Heap order: class first, then who came first."""
        return (self.request.priority, self.order) < (other.request.priority, other.order)

    def begin(self, now_s: float, slot: Slot | None) -> None:
        """It is this request's turn; `slot` is what it holds of the machine's, if those are shared."""
        self.slot = slot
        self.ends_s = now_s + self.wanted.expected_ms / 1000
        self.turn.set_result(None)


class Line:
    """Those who wait. Who was superseded or cancelled stays in the heap until it comes to its head."""

    def __init__(self) -> None:
        self._heap: list[Ticket] = []
        self._arrivals = 0

    def join(self, request: RoutingRequest, wanted: Wanted) -> Ticket:
        """A place for a request; who it takes the place of ends with Superseded."""
        for waiting in self._heap:
            same = request.supersedes is not None and waiting.request.supersedes == request.supersedes
            if same and waiting.request.priority >= request.priority and not waiting.turn.done():
                waiting.turn.set_exception(Superseded("a newer request took its place"))
        self._arrivals += 1
        ticket = Ticket(self._arrivals, request, wanted)
        heapq.heappush(self._heap, ticket)
        return ticket

    def head(self) -> Ticket | None:
        """Who is next."""
        while self._heap and self._heap[0].turn.done():
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

    def wanted(self) -> Wanted | None:
        """The place of who is next among all windows."""
        head = self.head()
        return head.wanted if head else None

    def ahead_ms(self, priority: Priority, supersedes: str | None) -> Iterator[float]:
        """The expected durations of those who go before a request that came now."""
        for ticket in self._heap:
            superseded = supersedes is not None and ticket.request.supersedes == supersedes
            if ticket.wanted.priority <= priority and not superseded and not ticket.turn.done():
                yield ticket.wanted.expected_ms
