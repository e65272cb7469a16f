"""The ledger over the fault matrix: what the servers saw is what is recorded, with how each attempt ended."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from nearline_router.learned import state_dir
from tests.fault_server import Comment, End, FaultServer, Role, Text, Wait
from tests.faults.conftest import FALLBACK_MS, Faulty, Opened, StillLoop, World, place, read, until
from tests.faults.matrix import ROWS, SECOND, Row
from tests.router.ledger.made import rows

pytestmark = pytest.mark.usefixtures("surroundings")

REQUESTS = 2
# A request whose connection ended before its answer began is repeated on a new one: it is the same attempt.
REPEATED = ("reset before the head", "hangs up before the head")


async def recorded(there: World) -> list[tuple[Any, ...]]:
    """Endpoint, outcome and error of each attempt, in the order in which they were sent."""
    assert there.router.ledger is not None
    await asyncio.to_thread(there.router.ledger.flush)
    return await asyncio.to_thread(
        rows, state_dir(), "SELECT endpoint, outcome, error != '' FROM attempts ORDER BY rowid"
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.provider}: {row.fault}")
async def test_every_attempt_at_a_faulty_endpoint_is_one_row(row: Row, faulty: Faulty, world: Opened) -> None:
    """By the server's own count of requests, and by the router's of attempts where nobody was there to count."""
    first, server = await faulty(row)
    there = await world(first)
    heard = [await there.ask() for _ in range(REQUESTS)]
    found = await recorded(there)

    counted = Counter(endpoint for endpoint, *_ in found)
    assert counted == Counter(name for one in heard for name in one.asked)
    assert counted["second"] == len(there.second.asked)
    if server and row.where != "gone":
        assert counted["first"] * (2 if row.fault in REPEATED else 1) == len(server.asked)
    ended = "failed" if row.shown == SECOND else "cut" if row.said else "answered"
    assert {one for one in found if one[0] == "first"} == {("first", ended, bool(row.said))}
    assert {one for one in found if one[0] == "second"} <= {("second", "answered", False)}


async def test_a_slow_attempt_and_the_one_after_it(world: Opened, server: FaultServer, still: StillLoop) -> None:
    """Two rows of one request."""
    server.play(Role(), Comment(), Wait())
    there = await world(place(server))
    asking = asyncio.create_task(there.ask())
    await until(lambda: server.asked, "the first to be asked")
    still.pass_ms(FALLBACK_MS)
    await asking

    assert await recorded(there) == [("first", "slow", True), ("second", "answered", False)]


async def test_an_attempt_that_its_asker_left_has_at_least_what_was_seen(world: Opened, server: FaultServer) -> None:
    """The provider may bill more."""
    server.play(Text("so "), Text("far"), Wait(), Text("more"), End())
    there = await world(place(server))
    pieces: list[str] = []
    reading = asyncio.create_task(read(there.router, pieces))
    await until(lambda: "".join(pieces) == "so far", "the text")
    reading.cancel()
    await asyncio.wait([reading])

    assert await recorded(there) == [("first", "cancelled", False)]
    query = "SELECT output_tokens, output_source, input_source, cost_source FROM attempts"
    assert await asyncio.to_thread(rows, state_dir(), query) == [(2, "at least", "estimated", "at least")]
