"""The queue before an endpoint: who goes first, who gives way, and that no slot is ever lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from nearline_router.admission import Admission
from nearline_router.errors import EndpointUnavailable, Superseded
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Priority, RoutingRequest
from tests.router.admission.asking import answer, ask, asked, start
from tests.waiting import until


@pytest.fixture
def inner() -> Scripted:
    """An endpoint that answers "ok"."""
    return Scripted("local", ["ok"])


@pytest.fixture
def admission(inner: Scripted) -> Admission:
    """One slot."""
    return Admission(inner, 1)


async def held(inner: Scripted, admission: Admission, *texts: str) -> tuple[asyncio.Event, asyncio.Task[str]]:
    """One request inside, after `texts`, until the event is set."""
    gate = asyncio.Event()
    inner.enqueue(*texts, gate, "late")
    return gate, await start(admission, ask("first"))


async def test_it_is_the_endpoint_it_stands_for(inner: Scripted, admission: Admission) -> None:
    """The queue has the name of what is behind it."""
    assert admission.id == inner.id


async def test_a_free_slot_is_taken_at_once_and_the_wait_is_told(admission: Admission) -> None:
    """The first chunk says how long the request waited, the others are the endpoint's own."""
    first, *others = [chunk async for chunk in admission.stream(ask("a"))]

    assert first.queued_ms is not None
    assert [chunk.text for chunk in others] == ["ok", ""]


async def test_nothing_is_sent_before_the_answer_is_asked_for(inner: Scripted, admission: Admission) -> None:
    """A stream that nobody reads is no request."""
    await admission.stream(ask("a")).aclose()

    assert inner.history == []


async def test_order_is_priority_then_arrival(inner: Scripted, admission: Admission) -> None:
    """Typing goes before action, speculation and warm-up; within a class who came first."""
    gate, first = await held(inner, admission)
    waiting = [
        await start(admission, ask(name, priority))
        for name, priority in [
            ("warm-up", Priority.WARM_UP),
            ("speculation", Priority.SPECULATION),
            ("typing 1", Priority.TYPING),
            ("action", Priority.ACTION),
            ("typing 2", Priority.TYPING),
        ]
    ]

    gate.set()
    await asyncio.gather(first, *waiting)

    assert asked(inner) == ["first", "typing 1", "typing 2", "action", "speculation", "warm-up"]
    assert inner.most_inside == 1


async def test_as_many_as_there_are_slots_are_inside_and_not_one_more(inner: Scripted) -> None:
    """Two slots and three requests: the third waits for one of the two."""
    admission, gate = Admission(inner, 2), asyncio.Event()
    for _ in range(3):
        inner.enqueue(gate)
    tasks = [await start(admission, ask(name)) for name in "abc"]

    assert asked(inner) == ["a", "b"]

    gate.set()
    await asyncio.gather(*tasks)

    assert (asked(inner), inner.most_inside) == (["a", "b", "c"], 2)


async def test_the_newest_keystroke_drops_the_older_one_that_waits(inner: Scripted, admission: Admission) -> None:
    """The dropped one ends with Superseded at once, and never reaches the endpoint."""
    gate, first = await held(inner, admission)
    older = await start(admission, ask("older", supersedes="file.py"))
    newer = await start(admission, ask("newer", supersedes="file.py"))

    with pytest.raises(Superseded):
        await older

    gate.set()
    await asyncio.gather(first, newer)

    assert asked(inner) == ["first", "newer"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (ask("older", supersedes="a.py"), ask("newer", supersedes="b.py")),
        (ask("older"), ask("newer")),
        (ask("older", Priority.TYPING, "a.py"), ask("newer", Priority.SPECULATION, "a.py")),
    ],
    ids=["another document", "no key", "less urgent"],
)
async def test_what_is_not_its_successor_drops_nobody(
    inner: Scripted, admission: Admission, older: RoutingRequest, newer: RoutingRequest
) -> None:
    """Only a newer request with the same key, at least as urgent, takes a place."""
    gate, first = await held(inner, admission)
    tasks = [await start(admission, older), await start(admission, newer)]

    gate.set()
    await asyncio.gather(first, *tasks)

    assert asked(inner) == ["first", "older", "newer"]


async def test_what_runs_is_not_superseded(inner: Scripted, admission: Admission) -> None:
    """A newer request with the same key waits for the running one, which its asker may still want."""
    gate = asyncio.Event()
    inner.enqueue(gate, "done")
    running = await start(admission, ask("running", supersedes="file.py"))
    newer = await start(admission, ask("newer", supersedes="file.py"))

    gate.set()

    assert await asyncio.gather(running, newer) == ["done", "ok"]


@pytest.mark.parametrize("background", [Priority.SPECULATION, Priority.WARM_UP])
@pytest.mark.parametrize("urgent", [Priority.TYPING, Priority.ACTION])
async def test_background_work_ends_at_its_next_token_when_somebody_waits(
    inner: Scripted, admission: Admission, background: Priority, urgent: Priority
) -> None:
    """The token that was on its way still comes, none after it, and the slot goes to who waits."""
    gate, never = asyncio.Event(), asyncio.Event()
    inner.enqueue("one", gate, "two", "three", never)
    running = await start(admission, ask("background", background))
    waiting = await start(admission, ask("urgent", urgent))

    assert asked(inner) == ["background"]

    gate.set()

    assert await waiting == "ok"
    with pytest.raises(Superseded):
        await running
    assert inner.closed_early == 1


async def test_background_work_gives_way_to_no_background_work(inner: Scripted, admission: Admission) -> None:
    """A warm-up that waits does not end a speculation."""
    gate = asyncio.Event()
    inner.enqueue(gate, "one", "two")
    running = await start(admission, ask("speculation", Priority.SPECULATION))
    waiting = await start(admission, ask("warm-up", Priority.WARM_UP))

    gate.set()

    assert await asyncio.gather(running, waiting) == ["onetwo", "ok"]


async def test_background_work_goes_on_when_there_is_room_beside_it(inner: Scripted) -> None:
    """A keystroke that finds a free slot ends nobody."""
    admission, gate = Admission(inner, 2), asyncio.Event()
    inner.enqueue(gate, "one", "two")
    running = await start(admission, ask("speculation", Priority.SPECULATION))

    assert await answer(admission, ask("typing")) == "ok"

    gate.set()

    assert await running == "onetwo"


async def test_an_answer_that_is_complete_is_not_lost_to_pre_emption(inner: Scripted, admission: Admission) -> None:
    """Background work whose last chunk came is done: it ends as usual."""
    gate = asyncio.Event()
    inner.enqueue(gate)
    running = await start(admission, ask("speculation", Priority.SPECULATION))
    waiting = await start(admission, ask("typing"))

    gate.set()

    assert await asyncio.gather(running, waiting) == ["", "ok"]


async def test_cancelling_who_waits_leaves_the_queue_as_it_was(inner: Scripted, admission: Admission) -> None:
    """The cancelled one never reaches the endpoint, the next one does."""
    gate, first = await held(inner, admission)
    gone = await start(admission, ask("gone"))
    stays = await start(admission, ask("stays"))
    gone.cancel()

    gate.set()
    await asyncio.gather(first, stays)

    assert gone.cancelled()
    assert asked(inner) == ["first", "stays"]


async def test_cancelling_who_was_just_admitted_frees_the_slot(inner: Scripted, admission: Admission) -> None:
    """Between being given the slot and waking up there is a moment; a cancel in it loses nothing."""
    gate, first = await held(inner, admission)
    unlucky = await start(admission, ask("unlucky"))
    first.add_done_callback(lambda _: unlucky.cancel())
    gate.set()
    await asyncio.wait([first, unlucky])

    assert await answer(admission, ask("next")) == "ok"


async def test_a_cancel_in_the_very_turn_of_admission_frees_the_slot(inner: Scripted, admission: Admission) -> None:
    """The slot was ours already, although the request has not seen it."""
    gate, first = await held(inner, admission)
    unlucky = await start(admission, ask("unlucky"))
    admit: Callable[[], None] = admission._admit

    def admit_and_cancel() -> None:
        admit()
        unlucky.cancel()

    admission._admit = admit_and_cancel  # type: ignore[method-assign]
    gate.set()
    await asyncio.wait([first, unlucky])
    admission._admit = admit  # type: ignore[method-assign]

    assert unlucky.cancelled()
    assert await answer(admission, ask("next")) == "ok"
    assert asked(inner) == ["first", "next"]


async def test_who_is_superseded_and_cancelled_at_once_leaves_no_complaint(
    inner: Scripted, admission: Admission
) -> None:
    """The typing path closes the older request in the turn in which the newer one takes its place."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    gate, first = await held(inner, admission)
    older = await start(admission, ask("older", supersedes="file.py"))
    newer = asyncio.create_task(answer(admission, ask("newer", supersedes="file.py")))
    await asyncio.sleep(0)
    older.cancel()
    await asyncio.wait([older])

    gate.set()
    await asyncio.gather(first, newer)
    del older

    assert complaints == []


async def test_closing_early_frees_the_slot(inner: Scripted, admission: Admission) -> None:
    """Who has read enough closes the stream: the endpoint's own stream is closed, the next request goes in."""
    inner.enqueue("one", asyncio.Event())
    async with aclosing(admission.stream(ask("first"))) as chunks:
        texts = [(await anext(chunks)).text, (await anext(chunks)).text]

    assert texts == ["", "one"]
    assert (inner.closed_early, inner.inside) == (1, 0)
    assert await answer(admission, ask("second")) == "ok"


async def test_closing_before_the_endpoint_was_asked_frees_the_slot(inner: Scripted, admission: Admission) -> None:
    """A stream left at the chunk that tells of the queue never reached the endpoint."""
    async with aclosing(admission.stream(ask("first"))) as chunks:
        await anext(chunks)

    assert await answer(admission, ask("second")) == "ok"
    assert asked(inner) == ["second"]


async def test_a_failing_endpoint_frees_the_slot(inner: Scripted, admission: Admission) -> None:
    """An error passes through, and the next request goes in."""
    inner.enqueue("one", EndpointUnavailable("gone"))

    with pytest.raises(EndpointUnavailable, match="gone"):
        await answer(admission, ask("first"))

    assert await answer(admission, ask("second")) == "ok"


async def test_two_windows_share_one_slot(tmp_path: Path) -> None:
    """Two queues with one folder of leases, as two language servers have: one inside, the other waits."""
    one, two = Scripted("local", ["one"]), Scripted("local", ["two"])
    here, there = Admission(one, 1, tmp_path), Admission(two, 1, tmp_path)
    gate = asyncio.Event()
    one.enqueue(gate)
    first = await start(here, ask("first"))
    second = await start(there, ask("second"))

    assert (one.inside, two.inside) == (1, 0)

    gate.set()

    assert await asyncio.gather(first, second) == ["", "two"]


async def test_cancelling_who_waits_for_the_other_window_leaves_no_slot_held(tmp_path: Path) -> None:
    """A request that gave up behind another window blocks neither window afterwards."""
    one, two = Scripted("local", ["one"]), Scripted("local", ["two"])
    here, there = Admission(one, 1, tmp_path), Admission(two, 1, tmp_path)
    gate = asyncio.Event()
    one.enqueue(gate)
    first = await start(here, ask("first"))
    second = await start(there, ask("second"))
    second.cancel()
    await asyncio.wait([second])

    gate.set()
    await first

    assert [await answer(there, ask("third")), await answer(here, ask("fourth"))] == ["two", "one"]
    await until(lambda: one.inside + two.inside == 0, "nobody inside")
