"""One queue per endpoint, ours: never more than its slots inside it, on the whole machine.

Order: priority class, then arrival, over all windows. A request that waits is dropped when a newer one with the
same `supersedes` key arrives; background work that runs, in whichever window, is ended at its next token when a
keystroke or an action waits.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

from nearline_router.admission.board import Wanted
from nearline_router.admission.lease import Lease, Slot
from nearline_router.admission.line import URGENT, Line, Ticket
from nearline_router.errors import Superseded
from nearline_router.types import Chunk, Chunks, Endpoint, Priority, RoutingRequest

log = logging.getLogger("nearline")


class Admission:
    """An endpoint behind its queue. `lease_folder` holds what other processes see; None: the queue is only ours.

    Windows share what has the same `lease_name`, such as a server that each calls by another name; by default the
    endpoint's own. `expected_ms` is how long a request is expected to keep a slot, asked once when it arrives;
    `predicted_wait_ms` adds these up. `clock` counts seconds and is the same for all windows.
    """

    def __init__(
        self,
        inner: Endpoint,
        max_concurrency: int,
        lease_folder: Path | None = None,
        expected_ms: Callable[[RoutingRequest], float] = lambda _: 0.0,
        clock: Callable[[], float] = time.monotonic,
        lease_name: str | None = None,
    ) -> None:
        self._inner = inner
        self._slots = self._free = max_concurrency
        self._expected_ms = expected_ms
        self._clock = clock
        self._line = Line()
        self._running: set[Ticket] = set()
        self._lease: Lease | None = None
        if lease_folder:
            with self._or_alone():
                self._lease = Lease(lease_folder, lease_name or inner.id, max_concurrency, clock)
        # Waits for a slot that another window holds, for whoever is first here when it comes.
        self._asking: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        """The inner endpoint's name."""
        return self._inner.id

    async def stream(self, request: RoutingRequest) -> Chunks:
        """The inner stream, when it is this request's turn. Raises Superseded when that turn never comes."""
        ticket = await self._enter(request)
        try:
            yield Chunk(queued_ms=(self._clock() - ticket.wanted.since_s) * 1000)
            async with aclosing(self._inner.stream(request)) as chunks:
                async for chunk in chunks:
                    yield chunk
                    if not chunk.finish and self._gives_way(ticket):
                        raise Superseded("ended for a keystroke")
        finally:
            self._leave(ticket)

    def predicted_wait_ms(self, priority: Priority = Priority.TYPING, supersedes: str | None = None) -> float:
        """How long such a request would wait if it came now: what runs, then what is queued ahead, here and elsewhere.

        Background work does not count for a keystroke or an action: it gives way. A request that this one would
        supersede does not count either. Of another window's queue only the first request is known, while that waits
        for a window other than its own. What takes longer than expected is taken to end at any moment.
        """
        now_s = self._clock()
        stays = URGENT if priority in URGENT else frozenset(Priority)
        ends_s = sorted([end_s for runs, end_s in self._inside() if runs in stays])
        ahead_ms = list(self._ahead_ms(priority, supersedes))
        if len(ends_s) + len(ahead_ms) < self._slots:
            return 0.0
        free_at = [max(0.0, end_s - now_s) * 1000 for end_s in ends_s[: self._slots]]
        free_at = [0.0] * (self._slots - len(free_at)) + free_at
        for expected_ms in ahead_ms:
            heapq.heapreplace(free_at, free_at[0] + expected_ms)
        return free_at[0]

    def _inside(self) -> Iterator[tuple[Priority, float]]:
        for ticket in self._running:
            yield ticket.request.priority, ticket.ends_s
        for runner in self._lease.running_elsewhere() if self._lease else ():
            yield runner.priority, runner.ends_s

    def _ahead_ms(self, priority: Priority, supersedes: str | None) -> Iterator[float]:
        yield from self._line.ahead_ms(priority, supersedes)
        for wanted in self._lease.waiting_elsewhere() if self._lease else ():
            if wanted.priority <= priority:
                yield wanted.expected_ms

    async def _enter(self, request: RoutingRequest) -> Ticket:
        wanted = Wanted(request.priority, self._clock(), self._expected_ms(request))
        ticket = self._line.join(request, wanted)
        self._admit()
        if not ticket.turn.done() and request.priority in URGENT:
            self._preempt_background()
        try:
            await ticket.turn
        except BaseException:
            # Cancelled between being admitted and waking up: the slot was ours already.
            if ticket in self._running:
                self._leave(ticket)
            else:
                self._admit()  # another one may be first now, which the other windows must know
            raise
        return ticket

    def _leave(self, ticket: Ticket) -> None:
        self._running.discard(ticket)
        self._free += 1
        if slot := ticket.slot:
            # Released and taken again it could be lost to a window that is less urgent.
            if (head := self._line.head()) and slot.passed_on(head.wanted):
                self._grant(head, slot)
            else:
                slot.release()
        self._admit()

    def _admit(self) -> None:
        while self._free and (head := self._line.head()):
            slot = self._lease_for(head)
            if slot is None and self._lease:
                self._asking = self._asking or asyncio.create_task(self._ask(self._lease))
                return
            self._grant(head, slot)
        if self._asking:
            self._asking.cancel()
            self._asking = None

    def _lease_for(self, head: Ticket) -> Slot | None:
        with self._or_alone():
            return self._lease.try_acquire(head.wanted) if self._lease else None
        return None

    async def _ask(self, lease: Lease) -> None:
        slot = None
        with self._or_alone():
            slot = await lease.acquire(self._line.wanted)
        self._asking = None
        if slot and (head := self._line.head()):  # there is one: a slot comes in the very turn that asked for it
            self._grant(head, slot)
        self._admit()

    @contextmanager
    def _or_alone(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._lease = None
            log.warning("%s: the limit is not shared with other windows (%s)", self.id, type(error).__name__)

    def _grant(self, ticket: Ticket, slot: Slot | None) -> None:
        self._free -= 1
        self._running.add(ticket)
        ticket.begin(self._clock(), slot)

    def _gives_way(self, ticket: Ticket) -> bool:
        if ticket.request.priority in URGENT:
            return False
        return ticket.preempted or (self._lease is not None and self._lease.urgent_waits())

    def _preempt_background(self) -> None:
        for running in self._running:
            running.preempted |= running.request.priority not in URGENT
