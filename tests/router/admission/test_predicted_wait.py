"""How long a request would wait: what runs, and what is queued ahead, here and in other windows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.admission import Admission
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Priority, RoutingRequest
from tests.router.admission.asking import ask, start

NOW_S = 1000.0
ROUNDING_MS = 1e-6


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


def expected_ms(request: RoutingRequest) -> float:
    """A prompt is how long it takes."""
    return float(str(request.prompt))


@pytest.fixture
def clock() -> Clock:
    """The clock of all windows."""
    return Clock()


@pytest.fixture
def inner() -> Scripted:
    """An endpoint that lets nobody out."""
    return Scripted("local", [asyncio.Event()])


@pytest.fixture
async def queue(inner: Scripted, clock: Clock) -> Admission:
    """One slot."""
    return Admission(inner, 1, None, expected_ms, clock)


@asynccontextmanager
async def filled(admission: Admission, *asks: RoutingRequest) -> AsyncIterator[None]:
    """A queue with these requests, in the order in which they came."""
    tasks = [await start(admission, request) for request in asks]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_free_slot_is_no_wait(queue: Admission) -> None:
    """Nobody is there."""
    assert queue.predicted_wait_ms() == pytest.approx(0)


async def test_what_runs_is_waited_for_and_less_as_it_goes_on(queue: Admission, clock: Clock) -> None:
    """Until its expected end; what takes longer than that may end at any moment."""
    async with filled(queue, ask("300")):
        predictions = []
        for clock.now_s in (NOW_S, NOW_S + 0.1, NOW_S + 0.5):
            predictions.append(queue.predicted_wait_ms())

    assert predictions == pytest.approx([300, 200, 0])


async def test_what_is_queued_ahead_is_added_and_what_is_behind_is_not(queue: Admission) -> None:
    """By class: an action waits for keystrokes and other actions, a keystroke for keystrokes."""
    async with filled(
        queue,
        ask("100"),
        ask("10"),
        ask("20", Priority.ACTION),
        ask("3", Priority.SPECULATION),
        ask("4", Priority.WARM_UP),
    ):
        assert [queue.predicted_wait_ms(priority) for priority in Priority] == pytest.approx([110, 130, 133, 137])


async def test_background_work_that_runs_counts_only_for_background_work(queue: Admission) -> None:
    """It gives way to the others at its next token."""
    async with filled(queue, ask("400", Priority.WARM_UP)):
        assert [queue.predicted_wait_ms(priority) for priority in Priority] == pytest.approx([0, 0, 400, 400])


async def test_what_it_would_supersede_is_not_waited_for(queue: Admission) -> None:
    """The older keystroke of the same document leaves the queue when this one comes."""
    async with filled(queue, ask("100"), ask("50", supersedes="a.py"), ask("7", supersedes="b.py")):
        assert queue.predicted_wait_ms(supersedes="a.py") == pytest.approx(107)
        assert queue.predicted_wait_ms() == pytest.approx(157)


async def test_several_slots_share_the_queue(inner: Scripted, clock: Clock) -> None:
    """The next slot to become free takes the next in the queue."""
    queue = Admission(inner, 2, None, expected_ms, clock)
    async with filled(queue, ask("100"), ask("300"), ask("150"), ask("60")):
        assert queue.predicted_wait_ms() == pytest.approx(300)


async def test_what_another_window_runs_and_waits_for_counts(inner: Scripted, clock: Clock, tmp_path: Path) -> None:
    """Its slot until the end that it posted, and the first of its queue."""
    here, second, third = (Admission(inner, 1, tmp_path, expected_ms, clock) for _ in range(3))
    async with filled(second, ask("100")), filled(third, ask("40"), ask("5")):
        assert here.predicted_wait_ms() == pytest.approx(100 + 40)
        async with filled(here, ask("8", Priority.WARM_UP)):
            clock.now_s += 0.05
            assert here.predicted_wait_ms() == pytest.approx(50 + 40)
            assert third.predicted_wait_ms() == pytest.approx(50 + 40 + 5)
            assert third.predicted_wait_ms(Priority.WARM_UP) == pytest.approx(50 + 40 + 5 + 8)


async def test_background_work_of_another_window_counts_only_for_background_work(
    inner: Scripted, clock: Clock, tmp_path: Path
) -> None:
    """It gives way as ours does."""
    here, there = (Admission(inner, 1, tmp_path, expected_ms, clock) for _ in range(2))
    async with filled(there, ask("100", Priority.SPECULATION)), filled(here, ask("8", Priority.WARM_UP)):
        assert [here.predicted_wait_ms(priority) for priority in Priority] == pytest.approx([0, 0, 100, 108])


@given(waits=st.lists(st.tuples(st.sampled_from(Priority), st.integers(0, 500)), max_size=8), slots=st.integers(1, 3))
def test_who_is_less_urgent_never_waits_less(waits: list[tuple[Priority, int]], slots: int) -> None:
    """And nobody waits for less than nothing, or for more than all work that is there."""

    async def predicted() -> list[float]:
        queue = Admission(Scripted("local", [asyncio.Event()]), slots, None, expected_ms, Clock())
        async with filled(queue, *[ask(str(ms), priority) for priority, ms in waits]):
            return [queue.predicted_wait_ms(priority) for priority in Priority]

    predictions = asyncio.run(predicted())
    assert predictions == sorted(predictions)
    assert predictions[0] >= 0
    assert predictions[-1] <= sum(ms for _, ms in waits) + ROUNDING_MS
