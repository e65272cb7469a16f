"""The queue under every order of arrivals, tokens, ends, failures, closings, cancels and kills that hypothesis finds.

In one window, and in several that share a folder as processes do. Locks, board and knocks are real, time is not.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from contextlib import aclosing
from enum import Enum
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from nearline_router.admission import Admission
from nearline_router.admission.bell import knock
from nearline_router.errors import EndpointUnavailable, Superseded
from nearline_router.types import Chunk, Chunks, Priority, RoutingRequest
from tests.waiting import settle, until

Step = Enum("Step", ["TOKEN", "END", "FAIL"])


class Asked:
    """One request: the steps its answer is made of, and every end it came to."""

    def __init__(self, request: RoutingRequest, window: Window) -> None:
        self.request = request
        self.window = window
        self.steps: asyncio.Queue[Step] = asyncio.Queue()
        self.enough = asyncio.Event()
        self.inside = False
        self.ends: list[str] = []
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Read until the end, or until the asker has enough; the ends are written down."""
        try:
            await self._read(self.window.admission)
        except Superseded:
            self.ends.append("superseded")
        except EndpointUnavailable:
            self.ends.append("failed")

    def done(self, task: asyncio.Task[None]) -> None:
        """A cancel is an end too, even before the first turn."""
        if task.cancelled():
            self.ends.append("cancelled")

    async def _read(self, admission: Admission) -> None:
        async with aclosing(admission.stream(self.request)) as chunks:
            async for _ in chunks:
                if self.enough.is_set():
                    self.ends.append("closed")
                    return
        self.ends.append("ended")


class Window:
    """A queue as one process has it. Killed, it does nothing more, and the system drops its locks."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.alive = True

    def stop(self) -> None:
        """Nothing that it would do reaches another window."""
        self.alive = False
        admission, lease = self.admission, self.admission._lease
        admission._admit = lambda: None  # type: ignore[method-assign]
        for ticket in admission._running:
            if ticket.slot:
                ticket.slot.release = lambda: None  # type: ignore[method-assign]
        if lease:
            lease._withdraw = lambda: None  # type: ignore[method-assign]
        if admission._asking:
            admission._asking.cancel()

    def drop_locks(self) -> None:
        """What the system does at the end of a process."""
        lease = self.admission._lease
        board = lease._board if lease else None
        for lock in [*(lease._locks if lease else ()), *(board._lives if board else ())]:
            lock.release(force=True)


class Inner:
    """An endpoint that plays the steps of each request, and counts who is inside."""

    id = "inner"

    def __init__(self, asked: dict[str, Asked]) -> None:
        self._asked = asked
        self.inside = 0
        self.entered: list[str] = []
        # Who waited when nothing could go on by itself: whoever enters next must not be less urgent.
        self.waited: list[Asked] = []
        self.overtaken: list[tuple[Priority, Priority]] = []

    async def stream(self, request: RoutingRequest) -> Chunks:
        """Every step is the test's decision."""
        asked = self._asked[str(request.prompt)]
        self.inside += 1
        asked.inside = True
        self.entered.append(str(request.prompt))
        waited = [one for one in self.waited if one is not asked and not one.ends and not one.inside]
        still = [one.request.priority for one in waited if one.task and not one.task.cancelling()]
        self.overtaken += [(one, request.priority) for one in still if one < request.priority]
        try:
            while (step := await asked.steps.get()) is Step.TOKEN:
                yield Chunk("t")
            if step is Step.FAIL:
                raise EndpointUnavailable("failed on purpose")
            yield Chunk("", "stop")
        finally:
            self.inside -= 1
            asked.inside = False


class AdmissionMachine(RuleBasedStateMachine):
    """After every step the loop runs until nothing can go on by itself, so that each run is the same."""

    requests: Bundle[Asked] = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.asked: dict[str, Asked] = {}
        self.inner = Inner(self.asked)
        self.slots = 1
        self.windows: list[Window] = []
        self.folder = Path(tempfile.mkdtemp())

    @initialize(slots=st.integers(1, 3), windows=st.integers(1, 3))
    def begin(self, slots: int, windows: int) -> None:
        ticks = itertools.count()
        folder = self.folder if windows > 1 else None
        for _ in range(windows):
            admission = Admission(self.inner, slots, folder, lambda _: 0.0, lambda: next(ticks) * 1e-6)
            self.windows.append(Window(admission))
        self.slots = slots

    @rule(
        target=requests,
        asks=st.lists(
            st.tuples(st.sampled_from(Priority), st.sampled_from([None, "a.py", "b.py"]), st.integers(0, 2)),
            min_size=1,
            max_size=3,
        ),
    )
    def arrive(self, asks: list[tuple[Priority, str | None, int]]) -> object:
        """Several may arrive in one turn of the loop."""
        return multiple(*[self._arrived(*ask) for ask in asks])

    def _arrived(self, priority: Priority, supersedes: str | None, window: int = 0) -> Asked:
        name = str(len(self.asked))
        living = [one for one in self.windows if one.alive]
        request = RoutingRequest(name, 1, priority=priority, supersedes=supersedes)
        asked = self.asked[name] = Asked(request, living[window % len(living)])
        asked.task = self.loop.create_task(asked.run())
        asked.task.add_done_callback(asked.done)
        return asked

    @rule(asked=requests)
    def token(self, asked: Asked) -> None:
        asked.steps.put_nowait(Step.TOKEN)

    @rule(asked=requests, how=st.sampled_from([Step.END, Step.FAIL]))
    def end(self, asked: Asked, how: Step) -> None:
        asked.steps.put_nowait(how)

    @rule(asked=consumes(requests))
    def close(self, asked: Asked) -> None:
        """The asker leaves at the next chunk."""
        asked.enough.set()
        asked.steps.put_nowait(Step.TOKEN)

    @rule(asked=requests, turns=st.integers(0, 3))
    def cancel(self, asked: Asked, turns: int) -> None:
        """Perhaps in the middle of what the loop is doing."""
        self.loop.run_until_complete(self._cancel_in(asked, turns))

    async def _cancel_in(self, asked: Asked, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        if asked.task:
            asked.task.cancel()

    @rule(turns=st.integers(0, 3))
    def cancel_at_the_door(self, turns: int) -> None:
        """A waiting request is cancelled around the moment at which a slot becomes free."""
        self.rest()
        inside = [one for one in self.asked.values() if one.inside]
        if inside and (waiting := self._waiting()):
            inside[0].steps.put_nowait(Step.END)
            first = min(waiting, key=lambda one: one.request.priority)
            self.loop.run_until_complete(self._cancel_in(first, turns))

    @rule(how=st.sampled_from(Step), rests=st.booleans())
    def go_on(self, how: Step, rests: bool) -> None:
        """Somebody inside goes on or ends while others wait."""
        self.rest()
        if inside := [one for one in self.asked.values() if one.inside]:
            inside[0].steps.put_nowait(how)
        if rests:
            self.rest()

    @rule()
    def kill(self) -> None:
        """A window ends with whatever it has inside and waiting, and says so to nobody."""
        living = [one for one in self.windows if one.alive]
        if len(living) > 1:
            self.loop.run_until_complete(self._kill(living[-1]))

    async def _kill(self, window: Window) -> None:
        window.stop()
        for asked in self.asked.values():
            if asked.window is window and asked.task:
                asked.task.cancel()
        await settle()
        window.drop_locks()
        # The look that time brings to each window that waits.
        for other in self.windows:
            if other.alive and other.admission._lease and other.admission._lease._bell:
                knock([other.admission._lease._bell.port])

    @rule()
    def rest(self) -> None:
        """Everything goes on as far as it can, and whoever can be served is."""
        self.loop.run_until_complete(settle())

        assert not self._waiting() or self.inner.inside == self.slots
        self.inner.waited = self._waiting()

    def _waiting(self) -> list[Asked]:
        return [one for one in self.asked.values() if not one.ends and not one.inside]

    @invariant()
    def never_more_inside_than_there_are_slots(self) -> None:
        assert self.inner.inside <= self.slots

    @invariant()
    def nobody_is_overtaken_by_who_is_less_urgent(self) -> None:
        assert self.inner.overtaken == []

    @invariant()
    def nobody_ends_twice_or_enters_twice(self) -> None:
        assert all(len(one.ends) <= 1 for one in self.asked.values())
        assert len(self.inner.entered) == len(set(self.inner.entered))

    def teardown(self) -> None:
        """When everything has come to its end each slot can be had again."""
        try:
            self.loop.run_until_complete(self._finish())
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.run_until_complete(settle())
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
            shutil.rmtree(self.folder)

    async def _finish(self) -> None:
        for asked in self.asked.values():
            asked.steps.put_nowait(Step.END)
        await until(lambda: all(one.ends for one in self.asked.values()), "everybody's end")
        await settle()
        assert [len(one.ends) for one in self.asked.values()] == [1] * len(self.asked)
        last = [self._arrived(Priority.WARM_UP, None) for _ in range(self.slots)] if self.asked else []
        await settle()
        assert self.inner.inside == len(last)
        for asked in last:
            asked.steps.put_nowait(Step.END)
        await settle()
        assert [asked.ends for asked in last] == [["ended"]] * len(last)


AdmissionMachine.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
)
TestAdmission = AdmissionMachine.TestCase
