"""From one endpoint to the next: when, in what time, and when no longer."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.breaker import BreakerState
from nearline_router.errors import (
    EndpointBusy,
    EndpointCut,
    EndpointError,
    EndpointRefused,
    EndpointTooLong,
    EndpointUnauthorized,
    EndpointUnavailable,
)
from nearline_router.failover import failover, first_content_deadline
from nearline_router.types import RoutingRequest
from tests.router.upstreams import REQUEST, asked, heard, upstream
from tests.virtual_time import VirtualLoop
from tests.waiting import settle

TIMEOUT_MS = 2000.0

FAILURES: list[EndpointError] = [
    EndpointUnavailable("refused"),
    EndpointBusy("429"),
    EndpointBusy("429", 3.0),
    EndpointUnauthorized("401"),
    EndpointTooLong("413"),
    EndpointRefused("400"),
    EndpointCut("cut"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
async def test_whatever_fails_before_the_first_text_the_next_one_answers(error: EndpointError) -> None:
    """The user sees an answer and nothing else."""
    first, _ = upstream("first", error)
    second, _ = upstream("second", "an ", "answer")

    text, endpoints, failure = await heard(failover(REQUEST, [first, second], TIMEOUT_MS))

    assert (text, endpoints, failure) == ("an answer", ["first", "second"], None)


async def test_after_the_first_text_nobody_else_is_asked() -> None:
    """Two answers cannot be joined: what is there is shown, and the cut is said."""
    first, _ = upstream("first", "half", EndpointCut("cut"))
    second, scripted = upstream("second")

    text, _, failure = await heard(failover(REQUEST, [first, second], TIMEOUT_MS))

    assert (text, type(failure), scripted.history) == ("half", EndpointCut, [])


async def test_if_all_fail_one_sentence_tells_of_each_and_what_to_do() -> None:
    """There is nobody left; the error is of the last one's kind."""
    first, _ = upstream("first", EndpointUnavailable("first: away"))
    second, _ = upstream("second", EndpointBusy("second: full"))

    text, _, failure = await heard(failover(REQUEST, [first, second], TIMEOUT_MS))

    assert (text, type(failure)) == ("", EndpointBusy)
    assert str(failure) == "no endpoint answers: first: away; second: full (`nearline doctor` says what to do)"


async def test_the_only_ones_failure_is_told_as_it_is() -> None:
    """Its own sentence says it all."""
    alone, _ = upstream("alone", EndpointUnavailable("alone: away"))

    assert str((await heard(failover(REQUEST, [alone], TIMEOUT_MS)))[2]) == "alone: away"


def test_without_content_in_time_the_next_one_is_asked(virtual_loop: VirtualLoop) -> None:
    """After the configured time, not later, and the slow one counts as a failure."""

    async def run() -> None:
        slow, scripted = upstream("slow", asyncio.Event())
        fast, _ = upstream("fast", "here")
        start_s = virtual_loop.time()

        text, endpoints, _ = await heard(failover(REQUEST, [slow, fast], TIMEOUT_MS))

        assert (text, endpoints) == ("here", ["slow", "fast"])
        assert virtual_loop.time() - start_s == pytest.approx(2.0)
        assert (scripted.closed_early, slow.breaker.last_failure) == (1, "slow: no content in time")

    virtual_loop.run_until_complete(run())


def test_the_last_one_is_never_cut(virtual_loop: VirtualLoop) -> None:
    """A late answer is better than none."""

    async def run() -> None:
        gate = asyncio.Event()
        slow, _ = upstream("slow", gate, "late")
        virtual_loop.call_later(60, gate.set)

        assert (await heard(failover(REQUEST, [slow], TIMEOUT_MS)))[0] == "late"

    virtual_loop.run_until_complete(run())


def test_once_there_is_content_time_is_no_reason_to_leave(virtual_loop: VirtualLoop) -> None:
    """The deadline is one on the first content."""

    async def run() -> None:
        gate = asyncio.Event()
        slow, _ = upstream("slow", "a", gate, "b")
        other, scripted = upstream("other")
        virtual_loop.call_later(60, gate.set)

        assert (await heard(failover(REQUEST, [slow, other], TIMEOUT_MS)))[0] == "ab"
        assert scripted.history == []

    virtual_loop.run_until_complete(run())


def test_time_in_our_own_queue_is_nobodys_failure(virtual_loop: VirtualLoop) -> None:
    """The endpoint was never asked; the next one is."""

    async def run() -> None:
        gate = asyncio.Event()
        full, scripted = upstream("full", gate, slots=1)
        other, _ = upstream("other", "here")
        holding = asyncio.create_task(heard(failover(REQUEST, [full], TIMEOUT_MS)))
        await settle()

        text, _, _ = await heard(failover(REQUEST, [full, other], TIMEOUT_MS))

        assert (text, asked([scripted]), full.breaker.last_failure) == ("here", [1], "")
        gate.set()
        await holding

    virtual_loop.run_until_complete(run())


async def test_who_failed_three_times_is_not_asked_again() -> None:
    """The next one answers at once."""
    first, scripted = upstream("first", EndpointUnavailable("away"))
    second, _ = upstream("second", "ok")
    for _ in range(3):
        await heard(failover(REQUEST, [first, second], TIMEOUT_MS))
    assert first.breaker.state is BreakerState.OPEN

    # The decision would not put it first now; as a fallback it is passed over.
    text, _, failure = await heard(failover(REQUEST, [second, first], TIMEOUT_MS))

    assert (text, failure, asked([scripted])) == ("ok", None, [3])


async def test_leaving_early_ends_the_work_and_blames_nobody() -> None:
    """A cancelled keystroke."""
    one, scripted = upstream("one", "a", asyncio.Event())
    chunks = failover(REQUEST, [one], TIMEOUT_MS)
    while not (await anext(chunks)).text:
        pass

    await chunks.aclose()

    assert (scripted.inside, scripted.closed_early, one.breaker.last_failure) == (0, 1, "")
    assert one.in_flight.count == 0


async def test_what_must_stay_does_not_pass_an_endpoint_that_is_not_local() -> None:
    """Whoever decided: the last look is at the door."""
    cloud, scripted = upstream("cloud")
    request = RoutingRequest("secret", 8, requires_data_sovereignty=True)

    text, _, failure = await heard(failover(request, [cloud], TIMEOUT_MS))

    assert (text, scripted.history) == ("", [])
    assert "not local" in str(failure)


def test_a_deadline_of_the_request_only_moves_it_earlier() -> None:
    """And a deadline that has passed no longer counts."""
    assert first_content_deadline(10, 2000, None) == 12
    assert first_content_deadline(10, 2000, 11) == 11
    assert first_content_deadline(10, 2000, 30) == 12
    assert first_content_deadline(10, 2000, 9) == 12


@given(st.floats(0, 1e6), st.floats(1, 1e5), st.none() | st.floats(0, 1e6))
def test_no_attempt_gets_more_than_the_fallback_timeout(now: float, timeout: float, deadline: float | None) -> None:
    """Whatever the request's own deadline is; and it never moves later than that deadline while it lasts."""
    at_s = first_content_deadline(now, timeout, deadline)

    assert now <= at_s <= now + timeout / 1000
    assert deadline is None or deadline <= now or at_s <= deadline


def test_a_request_with_a_deadline_leaves_earlier(virtual_loop: VirtualLoop) -> None:
    """Half a second is left of it, so the slow one has half a second."""

    async def run() -> None:
        slow, _ = upstream("slow", asyncio.Event())
        fast, _ = upstream("fast", "here")
        start_s = virtual_loop.time()

        await heard(failover(REQUEST, [slow, fast], TIMEOUT_MS, start_s + 0.5))

        assert virtual_loop.time() - start_s == pytest.approx(0.5)

    virtual_loop.run_until_complete(run())


def test_a_laptop_that_slept_in_the_middle_of_a_request_asks_the_next_one(virtual_loop: VirtualLoop) -> None:
    """The clock jumps an hour; the connection is dead and nobody will ever say so."""

    async def run() -> None:
        dead, _ = upstream("dead", asyncio.Event())
        alive, _ = upstream("alive", "good morning")
        task = asyncio.create_task(heard(failover(REQUEST, [dead, alive], TIMEOUT_MS)))
        await settle()
        virtual_loop.jump(3600)

        assert (await task)[0] == "good morning"

    virtual_loop.run_until_complete(run())
