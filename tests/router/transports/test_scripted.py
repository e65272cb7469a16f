"""The fake that ships does what its script says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from nearline_router.errors import EndpointBusy
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Chunk, Priority, RoutingRequest

REQUEST = RoutingRequest("prompt", 8)


async def texts(endpoint: Scripted, request: RoutingRequest = REQUEST) -> list[str]:
    """The pieces of one answer."""
    return [chunk.text async for chunk in endpoint.stream(request)]


async def test_scripts_are_played_in_order_and_then_the_default() -> None:
    """Each request takes the next script; when they are used up the default goes on for ever."""
    endpoint = Scripted("fake", ["d"])
    endpoint.enqueue("a", "b")
    endpoint.enqueue("c")

    assert [await texts(endpoint) for _ in range(4)] == [["a", "b", ""], ["c", ""], ["d", ""], ["d", ""]]


async def test_the_last_chunk_has_the_end_and_the_usage() -> None:
    """An answer ends as a real one does."""
    *_, last = [chunk async for chunk in Scripted("fake", ["a", "b"]).stream(REQUEST)]

    assert (last.finish, last.usage and last.usage.output_tokens) == ("stop", 2)


async def test_an_error_in_the_script_is_raised_where_it_stands() -> None:
    """What stood before it was delivered."""
    chunks = Scripted("fake", ["a", EndpointBusy("full")]).stream(REQUEST)

    assert await anext(chunks) == Chunk("a")
    with pytest.raises(EndpointBusy, match="full"):
        await anext(chunks)


async def test_an_event_in_the_script_is_waited_for() -> None:
    """The answer goes on when the test says so."""
    gate = asyncio.Event()
    endpoint = Scripted("fake", [gate, "late"])
    task = asyncio.create_task(texts(endpoint))
    await asyncio.sleep(0)

    assert (endpoint.inside, task.done()) == (1, False)

    gate.set()

    assert await task == ["late", ""]


async def test_it_remembers_what_it_was_asked() -> None:
    """Every request, in order."""
    endpoint = Scripted()
    other = RoutingRequest("other", 1, priority=Priority.ACTION)

    await texts(endpoint)
    await texts(endpoint, other)

    assert endpoint.history == [REQUEST, other]


async def test_a_warm_up_generates_nothing() -> None:
    """Only the end comes."""
    endpoint = Scripted("fake", ["a"])

    assert await texts(endpoint, RoutingRequest("p", 8, warm_up=True)) == [""]


async def test_a_stream_left_early_is_counted() -> None:
    """Closed before its end counts, read to its end or failed does not."""
    endpoint = Scripted("fake", ["a", "b"])
    async with aclosing(endpoint.stream(REQUEST)) as chunks:
        await anext(chunks)
    await texts(endpoint)
    endpoint.enqueue(EndpointBusy("full"))
    with pytest.raises(EndpointBusy):
        await texts(endpoint)

    assert (endpoint.closed_early, endpoint.inside) == (1, 0)


async def test_it_knows_how_many_were_inside_at_once() -> None:
    """Two streams open together are two."""
    endpoint = Scripted("fake", ["a"])
    async with aclosing(endpoint.stream(REQUEST)) as one, aclosing(endpoint.stream(REQUEST)) as two:
        await anext(one)
        await anext(two)

    assert (endpoint.most_inside, endpoint.inside) == (2, 0)
