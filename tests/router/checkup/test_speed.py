"""The speed of a server by one request, and what of it a deadline can afford."""

from __future__ import annotations

import asyncio

import pytest

from nearline_router.checkup.speed import Measured, measured
from nearline_router.errors import EndpointUnavailable, Superseded
from nearline_router.types import Chunk, Chunks, Priority, RoutingRequest, Usage
from tests.virtual_time import VirtualLoop

READ = Usage(evaluated_tokens=300, cached_tokens=0, output_tokens=1, prefill_ms=2000.0, decode_ms=30.0)
WHOLE = Usage(evaluated_tokens=300, cached_tokens=0, output_tokens=16, prefill_ms=2000.0, decode_ms=400.0)


class Server:
    """An endpoint that reads for two seconds; `then` is what follows its first token."""

    id = "server"

    def __init__(self, then: Chunk | Exception | None) -> None:
        self._then = then
        self.asked: list[RoutingRequest] = []

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream; a `then` of None never comes."""
        self.asked.append(request)
        yield Chunk(queued_ms=0.0)
        await asyncio.sleep(2.05)
        yield Chunk("value", usage=READ)
        if self._then is None:
            await asyncio.Event().wait()
        if isinstance(self._then, Exception):
            raise self._then
        assert self._then
        yield self._then


def measure(loop: VirtualLoop, server: Server, limit_s: float = 5.0) -> Measured | None:
    """In virtual time."""
    return loop.run_until_complete(measured(server, "new", loop.time() + limit_s, loop.time))


def test_both_speeds_and_the_overhead_are_measured(virtual_loop: VirtualLoop) -> None:
    """By what the server reports and by when its first content came."""
    speed = measure(virtual_loop, Server(Chunk("", "length", WHOLE)))

    assert speed is not None
    assert (speed.prefill_tokens_per_s, speed.decode_tokens_per_s) == (150, 40)
    assert speed.overhead_ms == pytest.approx(50)


@pytest.mark.parametrize("then", [None, Superseded("for a keystroke")], ids=["too slow", "gave way"])
def test_what_was_measured_before_it_was_cut_counts(virtual_loop: VirtualLoop, then: Exception | None) -> None:
    """The prompt was read by then."""
    speed = measure(virtual_loop, Server(then))

    assert speed is not None
    assert (speed.prefill_tokens_per_s, speed.decode_tokens_per_s) == (150, None)


def test_a_server_that_reads_too_long_is_not_measured(virtual_loop: VirtualLoop) -> None:
    """Nothing is made up."""
    assert measure(virtual_loop, Server(None), limit_s=1.0) is None


def test_a_failure_is_not_taken_for_slowness(virtual_loop: VirtualLoop) -> None:
    """It comes out as it is."""
    with pytest.raises(EndpointUnavailable):
        measure(virtual_loop, Server(EndpointUnavailable("server: gone")))


def test_the_request_is_short_new_and_gives_way(virtual_loop: VirtualLoop) -> None:
    """Some hundred tokens that no cache holds, behind every keystroke."""
    server = Server(Chunk("", "length", WHOLE))
    measure(virtual_loop, server)
    prompt = server.asked[0].prompt

    assert isinstance(prompt, str)
    assert prompt.startswith("# new\n")
    assert 600 < len(prompt) < 1500
    assert (server.asked[0].max_output_tokens, server.asked[0].priority) == (16, Priority.SPECULATION)


@pytest.mark.parametrize(("budget_ms", "tokens"), [(150, 100), (50, 0), (20, 0)])
def test_what_a_deadline_affords_is_what_the_overhead_leaves(budget_ms: float, tokens: int) -> None:
    """At 1000 tokens a second and 50 ms of overhead."""
    assert Measured(1000.0, 30.0, 50.0).affordable_tokens(budget_ms) == tokens
