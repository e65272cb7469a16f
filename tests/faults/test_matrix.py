"""The fault matrix over whole routers and real sockets: what the user sees, the breaker, who is next, the time lost.

The clock of router and event loop stands still but where a test lets time pass. So time lost is known to the
millisecond, and a fault that is answered by waiting for anything would never be answered here.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest

from nearline_router.breaker import BreakerState
from nearline_router.errors import EndpointError, EndpointUnavailable
from tests.fault_server import Comment, End, FaultServer, Played, Role, Status, Text, Wait
from tests.faults.conftest import (
    FALLBACK_MS,
    SECRET,
    Clock,
    Faulty,
    Heard,
    Opened,
    StillLoop,
    World,
    place,
    read,
    until,
)
from tests.faults.matrix import ATTENTION, FAULTS, NEUTRAL, ONE_OF_THREE, RESET, ROWS, SECOND, Row, Verdict
from tests.raw_llama import RawLlama, events
from tests.raw_llama import error as llama_error
from tests.tls_server import TlsServer
from tests.waiting import settle

ROOT = Path(__file__).parents[2]
HOUR_MS = 3_600_000
COMPLETION = "POST /completion"

pytestmark = pytest.mark.usefixtures("surroundings")

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.provider}: {row.fault}")
every_fault = pytest.mark.parametrize("row", FAULTS, ids=lambda row: f"{row.provider}: {row.fault}")

every_fault_near = pytest.mark.parametrize(
    "row", [row for row in FAULTS if row.provider != "anthropic"], ids=lambda row: f"{row.provider}: {row.fault}"
)


@every_row
async def test_one_fault(row: Row, faulty: Faulty, world: Opened) -> None:
    """The user sees text or one sentence; the breaker knows; the next one is asked at once, or nobody is."""
    there = await world((await faulty(row))[0])
    heard = await there.ask()

    assert heard.text == row.shown
    assert heard.error == ("" if row.shown == SECOND or not row.said else f"first: {row.said}")
    assert heard.asked == (["first", "second"] if row.shown == SECOND else ["first"])
    assert len(there.second.asked) == (row.shown == SECOND)
    assert heard.lost_ms == (0 if row.shown else None)
    assert there.verdict == row.verdict
    assert there.breaker.last_failure == (f"first: {row.said}" if row.verdict.counted else "")
    assert there.first.in_flight.count == 0


@every_fault
async def test_one_fault_of_the_only_endpoint(row: Row, faulty: Faulty, world: Opened) -> None:
    """There is nobody else, so the user reads why, beside what has been shown."""
    there = await world((await faulty(row))[0], alone=True)
    heard = await there.ask()

    assert (heard.text, heard.error) == ("" if row.shown == SECOND else row.shown, f"first: {row.said}")
    assert (heard.asked, there.verdict) == (["first"], row.verdict)


@every_row
async def test_the_fourth_request_after_three_of_the_same(row: Row, faulty: Faulty, world: Opened) -> None:
    """What counts has opened the breaker, and the first server hears no more; what says nothing is asked again."""
    first, server = await faulty(row)
    there = await world(first)
    for _ in range(3):
        await there.ask()
    before = len(server.asked) if server else 0
    fourth = await there.ask()
    after = len(server.asked) if server else 0

    opened = row.verdict.counted
    assert there.breaker.state is (BreakerState.OPEN if opened else BreakerState.CLOSED)
    assert fourth.asked[0] == ("second" if opened else "first")
    assert not opened or (fourth.text, fourth.error, after) == (SECOND, "", before)
    assert opened or after > before


@every_fault_near
async def test_no_fault_sends_what_must_stay_elsewhere(row: Row, faulty: Faulty, world: Opened) -> None:
    """The local endpoint fails and a cloud endpoint is well: it does not even see a connection."""
    first, _ = await faulty(row)
    there = await world({**first, "local": True})
    heard = [await there.ask(SECRET) for _ in range(4)]

    assert [one.asked for one in heard] == [["first"]] * 4
    assert SECOND not in [one.text for one in heard]
    assert "" not in [one.error for one in heard]
    assert there.second.connections == 0


# What a server may do for ever without giving content: what the user waits for is the deadline of the first content.
SLOW: dict[str, Callable[[asyncio.Event], tuple[Played, ...]]] = {
    "slow first token": lambda _: (Wait(), Text("late"), End()),
    "role-only delta": lambda _: (Role(), Wait()),
    "keep-alive comments only": lambda beat: (Comment(), Wait(beat), *[Comment()] * 5, Wait()),
}


@pytest.mark.parametrize("provider", ["openai-compatible", "anthropic", "ollama"])
@pytest.mark.parametrize("slow", SLOW)
async def test_without_content_the_next_one_is_asked_at_the_deadline(
    slow: str, provider: str, world: Opened, server: FaultServer, still: StillLoop
) -> None:
    """Not a millisecond earlier, whatever signs of life come meanwhile; the slow one is told that nobody listens."""
    beat = asyncio.Event()
    server.play(*SLOW[slow](beat))
    there = await world(place(server, provider))
    asking = asyncio.create_task(there.ask())
    await until(lambda: server.asked, "the first to be asked")

    still.pass_ms(FALLBACK_MS - 1)
    beat.set()
    await settle()
    assert (there.second.connections, there.first.in_flight.count) == (0, 1)
    still.pass_ms(1)
    heard = await asking

    assert heard == Heard(SECOND, ["first", "second"], "", FALLBACK_MS)
    assert (there.verdict, there.breaker.last_failure) == (ONE_OF_THREE, "first: no content in time")
    await until(lambda: server.cancels, "the first to see that nobody listens")
    assert there.first.in_flight.count == 0


async def stalled(there: World, server: FaultServer) -> tuple[asyncio.Task[None], list[str]]:
    """A request whose answer stalls behind two pieces, which have been shown; long after every deadline."""
    server.play(Text("so "), Text("far"), Wait())
    pieces: list[str] = []
    reading = asyncio.create_task(read(there.router, pieces))
    await until(lambda: "".join(pieces) == "so far", "two pieces")
    there.loop.pass_ms(10 * FALLBACK_MS)
    await settle()
    assert not reading.done()
    assert there.second.connections == 0
    return reading, pieces


async def test_a_stalled_answer_that_is_cut_is_said_to_be(world: Opened, server: FaultServer) -> None:
    """What is shown stays, nobody else is asked, and the end of the connection is the error."""
    there = await world(place(server))
    reading, pieces = await stalled(there, server)

    await server.stop()
    with pytest.raises(EndpointUnavailable, match=r"^first: the server hung up before the answer's end$"):
        await reading

    assert ("".join(pieces), there.verdict, there.second.connections) == ("so far", ONE_OF_THREE, 0)


async def test_a_stalled_answer_that_never_ends_is_left_by_the_user(world: Opened, server: FaultServer) -> None:
    """The cancel reaches the server, and is no word on the endpoint."""
    there = await world(place(server))
    reading, _ = await stalled(there, server)

    reading.cancel()
    await asyncio.wait([reading])

    await until(lambda: server.cancels, "the server to see the cancel")
    assert (there.verdict, there.first.in_flight.count) == (NEUTRAL, 0)


async def test_a_stalled_answer_that_nobody_leaves_ends_with_the_client_s_patience(
    world: Opened, server: FaultServer
) -> None:
    """Five minutes without a byte."""
    there = await world(place(server))
    reading, pieces = await stalled(there, server)

    there.loop.pass_ms(300_000)
    with pytest.raises(EndpointUnavailable, match=r"^first: no answer in time$"):
        await reading

    assert ("".join(pieces), there.verdict, there.second.connections) == ("so far", ONE_OF_THREE, 0)


async def test_a_key_that_is_not_there_needs_a_person(world: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the variable; the second endpoint answers meanwhile."""
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    there = await world({"provider": "anthropic", "host": "http://127.0.0.1:1", "local": None})
    heard = await there.ask()

    assert heard == Heard(SECOND, ["first", "second"], "", 0)
    assert (there.verdict, there.breaker.attention) == (ATTENTION, "first: it has no key; set ANTHROPIC_API_KEY")


async def test_goaway_before_the_answer_begins_costs_a_connection_and_nothing_else(
    world: Opened, servers: AsyncExitStack, tmp_path: Path
) -> None:
    """The request is repeated at once on a new connection; the user sees its answer."""
    tls = await servers.enter_async_context(TlsServer(tmp_path, silent=True))
    there = await world(behind(tls))
    asking = asyncio.create_task(there.ask())
    await until(lambda: tls.asks("POST"), "the request")

    tls.silent = False
    tls.goaway()
    heard = await asking

    assert heard == Heard("012", ["first"], "", 0)
    assert (tls.asks("POST"), there.verdict, there.second.connections) == (2, NEUTRAL, 0)


async def test_goaway_between_requests_costs_a_connection_and_nothing_else(
    world: Opened, servers: AsyncExitStack, tmp_path: Path
) -> None:
    """The next request goes out once, on another connection."""
    tls = await servers.enter_async_context(TlsServer(tmp_path))
    there = await world(behind(tls))
    await there.ask()
    before = tls.handshakes
    tls.goaway()
    heard = await there.ask()

    assert heard == Heard("012", ["first"], "", 0)
    assert (tls.asks("POST"), there.verdict, there.second.connections) == (2, NEUTRAL, 0)
    assert tls.handshakes > before


async def test_goaway_in_the_middle_of_an_answer(world: Opened, servers: AsyncExitStack, tmp_path: Path) -> None:
    """What is shown stays, and the error is said."""
    tls = await servers.enter_async_context(TlsServer(tmp_path, on_demand=True))
    there = await world(behind(tls))
    asking = asyncio.create_task(there.ask())
    await until(lambda: tls.asks("POST"), "the request")
    tls.release(1)
    await until(lambda: tls.written, "a token")
    await settle()
    tls.goaway()
    heard = await asking

    assert heard == Heard("0", ["first"], "first: the server ended the connection (GOAWAY)", 0)
    assert (there.verdict, there.second.connections) == (ONE_OF_THREE, 0)


def behind(tls: TlsServer) -> dict[str, Any]:
    """The configuration of an endpoint that speaks HTTP/2."""
    return {"provider": "openai-compatible", "host": f"{tls.url}/v1", "ca_file": tls.ca_file, "http_version": "2"}


# A server of a process of its own: its first answer is whole, the others stall after some text.
FAULT_SERVER = """
import asyncio, sys
from tests.fault_server import End, FaultServer, Text, Wait

async def main():
    async with FaultServer(default=(Text("so far"), Wait())) as server:
        server.play(Text("hello"), End())
        print(server.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""
LLAMA_SERVER = """
import asyncio, sys
from tests.scripted_llama import ScriptedLlama

async def main():
    async with ScriptedLlama(pieces=["hello"]) as server:
        print(server.url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        server.pieces, server.piece_delay_s = ["so far", "never"], 3600.0
        print("stalls", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


Program = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def program() -> Iterator[Program]:
    """Starts a server as a process."""
    with ExitStack() as running:

        def started(code: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", code], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            running.enter_context(process)
            running.callback(process.kill)
            return process

        yield started


def llama_at(host: str) -> dict[str, Any]:
    """The configuration of a llama.cpp server near the user."""
    return {"provider": "llamacpp", "host": host, "local": True, "model": None}


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


async def killed_in_mid_stream(there: World, process: subprocess.Popen[str]) -> tuple[str, str]:
    """Text and error of a request whose server dies by SIGKILL behind the first text."""
    pieces: list[str] = []
    reading = asyncio.create_task(read(there.router, pieces))
    await until(lambda: "".join(pieces) or reading.done(), "the first text")
    process.kill()
    with pytest.raises(EndpointError) as caught:
        await reading
    return "".join(pieces), str(caught.value)


async def test_a_server_that_is_killed_in_mid_stream(world: Opened, program: Program) -> None:
    """What is shown stays, the error is said at once, and the next request is answered by the next endpoint."""
    process = program(FAULT_SERVER)
    host = await asyncio.to_thread(line_of, process)
    there = await world({"provider": "openai-compatible", "host": f"{host}/v1"})
    assert (await there.ask()).text == "hello"

    text, error = await killed_in_mid_stream(there, process)
    assert (text, there.verdict, there.second.connections) == ("so far", ONE_OF_THREE, 0)
    assert error in ("first: the server hung up before the answer's end", f"first: {RESET}")

    assert await there.ask() == Heard(SECOND, ["first", "second"], "", 0)
    assert there.breaker.last_failure == "first: nothing answers there"


async def test_a_server_that_is_killed_between_requests(world: Opened, program: Program) -> None:
    """The kept connection is dead and a new one is refused: the next endpoint answers at once."""
    process = program(FAULT_SERVER)
    host = await asyncio.to_thread(line_of, process)
    there = await world({"provider": "openai-compatible", "host": f"{host}/v1"})
    await there.ask()

    process.kill()
    process.wait()

    assert await there.ask() == Heard(SECOND, ["first", "second"], "", 0)
    assert (there.verdict, there.breaker.last_failure) == (ONE_OF_THREE, "first: nothing answers there")


async def test_a_llama_server_that_is_killed_in_mid_stream(world: Opened, program: Program) -> None:
    """As every other."""
    process = program(LLAMA_SERVER)
    there = await world(llama_at(await asyncio.to_thread(line_of, process)))
    await there.router.ready()
    print("stall", file=process.stdin, flush=True)
    await asyncio.to_thread(line_of, process)

    text, error = await killed_in_mid_stream(there, process)
    assert (text, there.verdict, there.second.connections) == ("so far", ONE_OF_THREE, 0)
    assert error == "first: the stream ended without its last event"

    assert await there.ask() == Heard(SECOND, ["first", "second"], "", 0)


async def test_a_llama_server_that_is_killed_between_requests(world: Opened, program: Program) -> None:
    """The one request that finds out is answered by the next endpoint; the others are not even tried there."""
    process = program(LLAMA_SERVER)
    there = await world(llama_at(await asyncio.to_thread(line_of, process)))
    await there.router.ready()
    assert (await there.ask()).text == "hello"

    process.kill()
    process.wait()

    assert await there.ask() == Heard(SECOND, ["first", "second"], "", 0)
    assert (there.verdict, there.breaker.last_failure) == (ONE_OF_THREE, "first: nothing answers there")
    assert await there.ask() == Heard(SECOND, ["second"], "", 0)


LLAMA: list[tuple[str, dict[str, Any], str, Verdict]] = [
    ("loading", {"raw": {COMPLETION: llama_error(503, "Loading model")}}, "busy or loading (503)", NEUTRAL),
    ("failed", {"raw": {COMPLETION: llama_error(500, "slot")}}, "failed inside (500)", ONE_OF_THREE),
    ("reset before the head", {"resets": {COMPLETION: 2}}, RESET, ONE_OF_THREE),
    ("malformed", {"raw": {COMPLETION: events(b"data: {no\n\n")}}, "an event is not JSON", ONE_OF_THREE),
    ("error inside", {"raw": {COMPLETION: events({"error": {"code": 500}})}}, "failed inside (500)", ONE_OF_THREE),
    ("cut", {"raw": {COMPLETION: events()}}, "the stream ended without its last event", ONE_OF_THREE),
]


@pytest.mark.parametrize(("script", "said", "verdict"), [row[1:] for row in LLAMA], ids=[row[0] for row in LLAMA])
async def test_one_fault_of_a_llama_server(
    script: dict[str, Any], said: str, verdict: Verdict, world: Opened, servers: AsyncExitStack
) -> None:
    """In its own protocol, too, the next endpoint answers at once."""
    llama = await servers.enter_async_context(RawLlama(**script))
    there = await world(llama_at(llama.url))
    await there.router.ready()

    assert await there.ask() == Heard(SECOND, ["first", "second"], "", 0)
    assert (there.verdict, there.breaker.last_failure) == (verdict, f"first: {said}" if verdict.counted else "")


async def test_a_llama_server_that_still_loads_is_not_even_asked(world: Opened, servers: AsyncExitStack) -> None:
    """It has answered its first question with 503: the decision passes it over, and nothing is counted."""
    llama = await servers.enter_async_context(RawLlama(raw={"GET /props": llama_error(503, "Loading model")}))
    there = await world(llama_at(llama.url))
    await there.router.ready()

    assert await there.ask() == Heard(SECOND, ["second"], "", 0)
    assert there.verdict == NEUTRAL


async def test_after_the_recovery_time_one_probe_of_five_requests_goes_through(
    world: Opened, server: FaultServer, still: StillLoop
) -> None:
    """The other four are answered by the second endpoint meanwhile; when the probe ends well, all go through."""
    server.default = (Status(500),)
    there = await world(place(server), circuit_breaker={"failure_threshold": 3, "recovery_timeout_s": 30})
    for _ in range(3):
        await there.ask()
    still.pass_ms(29_999)
    assert (await there.ask()).asked == ["second"]
    still.pass_ms(1)
    assert there.breaker.state is BreakerState.HALF_OPEN

    well = asyncio.Event()
    server.default = (Wait(well), Text("well again"), End())
    five = [asyncio.create_task(text_of(there)) for _ in range(5)]
    await until(lambda: sum(one.done() for one in five) == 4, "four answers")
    assert (len(server.asked), there.breaker.state) == (4, BreakerState.HALF_OPEN)
    well.set()

    assert sorted(await asyncio.gather(*five)) == [SECOND] * 4 + ["well again"]
    assert await asyncio.gather(*[text_of(there) for _ in range(5)]) == ["well again"] * 5
    assert there.breaker.open_until_s is None


async def text_of(there: World) -> str:
    """One of several answers at once."""
    pieces: list[str] = []
    await read(there.router, pieces)
    return "".join(pieces)


async def test_a_laptop_that_slept_with_a_breaker_open_sends_one_probe(
    world: Opened, server: FaultServer, still: StillLoop
) -> None:
    """The hour counts as time, and the probe that fails opens the breaker again for its usual time."""
    server.default = (Status(500),)
    there = await world(place(server))
    for _ in range(3):
        await there.ask()
    still.pass_ms(HOUR_MS)

    assert await asyncio.gather(*[text_of(there) for _ in range(5)]) == [SECOND] * 5
    assert (len(server.asked), there.verdict) == (4, Verdict(open_s=30))


async def test_a_laptop_that_slept_before_the_first_content_asks_the_next_endpoint(
    world: Opened, server: FaultServer, still: StillLoop
) -> None:
    """The deadline has passed long ago, and nobody waits for another one."""
    server.play(Wait())
    there = await world(place(server))
    asking = asyncio.create_task(there.ask())
    await until(lambda: server.asked, "the first to be asked")
    still.pass_ms(HOUR_MS)

    assert await asking == Heard(SECOND, ["first", "second"], "", HOUR_MS)
    assert there.verdict == ONE_OF_THREE


async def test_an_answer_that_goes_on_when_the_laptop_wakes_is_whole(
    world: Opened, server: FaultServer, clock: Clock
) -> None:
    """Where only the router's clock saw the hour (a system's timers may sleep, too), nobody is blamed for it."""
    wakes = asyncio.Event()
    server.play(Text("so "), Wait(wakes), Text("far"), End())
    there = await world(place(server), clock=clock)
    pieces: list[str] = []
    reading = asyncio.create_task(read(there.router, pieces))
    await until(lambda: "".join(pieces), "the first text")
    clock.now_s += HOUR_MS / 1000
    wakes.set()
    await reading

    assert ("".join(pieces), there.breaker.state, there.second.connections) == ("so far", BreakerState.CLOSED, 0)
    assert there.breaker.last_failure == ""


async def test_when_all_are_down_the_error_is_that_of_the_one_that_was_tried(
    world: Opened, server: FaultServer
) -> None:
    """The breaker that is the first to let somebody pass is passed now; the others are left alone."""
    server.default = (Status(429, {"Retry-After": "60"}),)
    there = await world(place(server))
    there.second.default = (Status(503, {"Retry-After": "40"}),)
    both, none = await there.ask(), await there.ask()

    sentence = "first: busy or loading (429); second: busy or loading (503) (`nearline doctor` says what to do)"
    assert (both.asked, both.error) == (["first", "second"], f"no endpoint answers: {sentence}")
    assert (none.asked, none.error) == (["second"], "second: busy or loading (503)")
    assert (len(server.asked), len(there.second.asked)) == (1, 2)


async def test_what_must_stay_has_an_error_that_says_so(world: Opened, server: FaultServer) -> None:
    """Its only endpoint is down, and the cloud has not seen a connection, let alone a byte."""
    await server.stop()
    there = await world({**place(server), "local": True})
    heard = await there.ask(SECRET)

    assert heard == Heard("", ["first"], "first: nothing answers there, and nothing else may see this request", None)
    assert there.second.connections == 0


@pytest.mark.parametrize("phase", ["before first content", "mid-stream"])
@pytest.mark.parametrize("provider", ["openai-compatible", "anthropic", "ollama"])
async def test_a_request_that_the_user_leaves_ends_at_the_server(
    phase: str, provider: str, world: Opened, server: FaultServer
) -> None:
    """It sees that nobody listens, sends no more, and nobody is blamed or asked instead."""
    server.play(*((Text("so far"),) if phase == "mid-stream" else (Role(), Comment())), Wait(), Text("more"))
    there = await world(place(server, provider))
    pieces: list[str] = []
    reading = asyncio.create_task(read(there.router, pieces))
    await until(lambda: server.asked and (phase != "mid-stream" or "".join(pieces)), phase)

    reading.cancel()
    await asyncio.wait([reading])

    await until(lambda: server.cancels, "the server to see the cancel")
    assert (server.sent_after_left, there.verdict, there.first.in_flight.count) == (0, NEUTRAL, 0)
    assert (there.second.connections, (await there.ask()).asked) == (0, ["first"])


async def test_a_request_that_the_user_leaves_in_the_queue_never_reaches_the_server(
    world: Opened, server: FaultServer
) -> None:
    """And the one before it goes on."""
    go_on = asyncio.Event()
    server.play(Wait(go_on), Text("mine"), End())
    there = await world({**place(server), "max_concurrency": 1})
    running = asyncio.create_task(text_of(there))
    await until(lambda: server.asked, "the first request")
    queued = asyncio.create_task(text_of(there))
    await until(lambda: there.first.in_flight.count == 2, "the second to queue")

    queued.cancel()
    await asyncio.wait([queued])
    assert there.first.in_flight.count == 1
    go_on.set()

    assert await running == "mine"
    assert (len(server.asked), server.cancels, there.verdict) == (1, 0, NEUTRAL)
    assert (there.first.in_flight.count, there.second.connections) == (0, 0)


async def test_a_request_that_the_user_leaves_while_it_connects_is_never_sent(world: Opened) -> None:
    """A server that takes the connection and not the handshake; with the router its connections end."""
    heard = bytearray()
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            heard.extend(data)
        writer.close()
        ended.set()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        there = await world({"provider": "openai-compatible", "host": f"https://127.0.0.1:{port}/v1"})
        asking = asyncio.create_task(there.ask())
        await until(lambda: heard, "the beginning of a handshake")

        asking.cancel()
        await asyncio.wait([asking])
        assert (there.verdict, there.first.in_flight.count, there.second.connections) == (NEUTRAL, 0, 0)
        await there.router.aclose()
        await ended.wait()

    assert b"chat" not in heard
