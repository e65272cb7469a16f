"""A stream that is left ends at the endpoint, whatever the moment, and harms no other one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from nearline_router.warm import pools
from nearline_router.warm.background import Background
from nearline_router.warm.cancel import Exchange
from nearline_router.warm.network import Network
from nearline_router.warm.session import Session
from tests.tls_server import TlsServer
from tests.waiting import settle, until

# RFC 9113 section 7.
CANCEL = 8
BODY = {"prompt": "def f"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TlsServer]:
    """A model server that generates when it is told to."""
    async with TlsServer(tmp_path, tokens=1000, on_demand=True) as server:
        yield server


@pytest.fixture
async def session(server: TlsServer) -> AsyncIterator[Session]:
    """Connections to it that nobody keeps warm, so that what the server counts is what the test did."""
    session = Session("cloud", server.url, {}, local=False, http2=True, ca_file=server.ca_file)
    yield session
    await session.aclose()


async def first_events(session: Session, server: TlsServer, count: int) -> None:
    """Ask for a stream, read so many events and leave."""
    async with session.stream("/chat", BODY) as response:
        server.release(count)
        lines = response.aiter_lines()
        for _ in range(count):
            assert (await anext(lines)).startswith("data: ")
            assert await anext(lines) == ""


async def whole(session: Session) -> str:
    """A stream to its end."""
    async with session.stream("/chat", BODY) as response:
        return (await response.aread()).decode()


async def test_a_stream_that_is_left_is_reset_with_cancel(session: Session, server: TlsServer) -> None:
    """One RST_STREAM frame for each."""
    for _ in range(5):
        await first_events(session, server, 2)

    await until(lambda: len(server.resets) == 5, "five resets")
    assert server.resets == [CANCEL] * 5


async def test_nothing_is_generated_after_the_cancel_has_come(session: Session, server: TlsServer) -> None:
    """The permits that lie there when the reset has come are not taken any more."""
    await first_events(session, server, 3)
    await until(lambda: server.resets, "the reset")

    server.release(100)
    await settle()

    assert server.generated == 3


async def test_a_stream_that_was_read_to_its_end_is_not_reset(session: Session, server: TlsServer) -> None:
    """Nor is a plain answer."""
    server.tokens = 3
    server.release(3)

    assert (await whole(session)).endswith("[DONE]\n\n")
    await session.get("/models")
    await first_events(session, server, 1)
    await until(lambda: server.resets, "the reset of what was left")

    assert len(server.resets) == 1


async def test_a_cancel_before_the_first_byte_is_reset_too(session: Session, server: TlsServer) -> None:
    """The endpoint reads the prompt and has not even sent its headers."""
    server.silent = True
    asking = asyncio.create_task(whole(session))
    await until(lambda: server.asked, "the request")

    asking.cancel()

    await until(lambda: server.resets == [CANCEL], "the reset")
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_task_that_is_cancelled_while_it_reads_resets_its_stream(session: Session, server: TlsServer) -> None:
    """As asyncio.timeout does it at a deadline; the first token has been read."""
    reading = asyncio.create_task(whole(session))
    await until(lambda: server.asked, "the request")
    server.release(1)
    await until(lambda: server.generated, "the token")
    await settle()

    reading.cancel()

    await until(lambda: server.resets == [CANCEL], "the reset")
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_the_others_on_the_connection_go_on(session: Session, server: TlsServer) -> None:
    """Three streams on one connection; the one in the middle is left."""
    server.tokens = 2
    tasks = []
    for number in range(3):
        tasks.append(asyncio.create_task(whole(session)))
        await until(partial(lambda n: len(server.asked) == n, number + 1), "the request")

    tasks[1].cancel()
    await until(lambda: server.resets, "the reset")
    server.release(4)

    assert (await tasks[0]) == (await tasks[2])
    assert server.handshakes == 1


async def test_many_cancelled_streams_exhaust_neither_the_slots_nor_the_window(
    session: Session, server: TlsServer
) -> None:
    """A connection has 100 slots and a window of 16 MB; here 150 streams leave 200 kB each unread."""
    server.padding_bytes = 200_000
    for _ in range(150):
        async with session.stream("/chat", BODY):
            generated = server.generated
            server.release(1)
            await until(partial(lambda n: server.generated > n, generated), "the token that nobody reads")
    await until(lambda: len(server.resets) == 150, "the resets")
    server.padding_bytes, server.tokens = 0, 2
    server.release(2)

    assert "[DONE]" in await whole(session)
    assert (server.handshakes, len(server.resets)) == (1, 150)


async def test_what_others_read_for_a_stream_that_is_left_is_given_back(session: Session, server: TlsServer) -> None:
    """A request that waits reads for all; 20 MB of that are nobody's in the end, and the window has 16."""
    server.silent = True
    waiting = asyncio.create_task(whole(session))
    await until(lambda: server.asked, "the request that waits")
    server.silent, server.padding_bytes = False, 1_000_000

    for number in range(20):
        async with session.stream("/chat", BODY):
            server.release(1)
            await until(partial(lambda n: server.written == n, number + 1), "the token that nobody wants")
            await settle()

    assert (server.handshakes, waiting.done()) == (1, False)
    waiting.cancel()


@pytest.mark.parametrize("turns", range(60))
async def test_a_cancel_at_any_step_leaves_a_connection_that_works(
    session: Session, server: TlsServer, turns: int
) -> None:
    """The event loop turns so often before the cancel; nothing may be sent by half, and nothing be left over."""
    server.tokens = 2
    await session.get("/models")
    asking = asyncio.create_task(whole(session))
    for _ in range(turns):
        await asyncio.sleep(0)

    asking.cancel()
    await asyncio.wait([asking])
    server.release(4)

    assert "[DONE]" in await whole(session)
    assert server.handshakes == 1
    await until(lambda: not server.answering, "the end of what was left")


class Gate:
    """Connections are not opened before it is."""

    def __init__(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting = 0
        self.opened = asyncio.Event()
        self._connect = session._network.connect_tcp
        monkeypatch.setattr(session._network, "connect_tcp", self._gated)

    async def _gated(self, *given: Any, **options: Any) -> Any:
        self.waiting += 1
        await self.opened.wait()
        return await self._connect(*given, **options)


@pytest.fixture
async def gate(session: Session, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """In front of the session's network."""
    return Gate(session, monkeypatch)


async def test_what_is_left_while_the_connection_opens_leaves_it_to_the_next(
    session: Session, server: TlsServer, gate: Gate
) -> None:
    """The handshake is not begun again, and what nobody wants any more is never sent."""
    asking = asyncio.create_task(whole(session))
    await until(lambda: gate.waiting, "the connection attempt")
    asking.cancel()
    await asyncio.wait([asking])

    gate.opened.set()
    await session.get("/models")
    await settle()

    assert asking.cancelled()
    assert (gate.waiting, server.handshakes) == (1, 1)
    assert [asked.method for asked in server.asked] == ["GET"]


async def test_with_other_private_parts_a_cancel_closes_the_connection(
    session: Session, server: TlsServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A later httpcore2 that the shim does not know: the cancel still cancels, the next request opens anew."""
    caplog.set_level(logging.DEBUG, logger="nearline_router")
    monkeypatch.setattr(pools, "_http2", lambda _: None)

    for _ in range(2):
        await first_events(session, server, 1)
        await until(lambda: not server.connections, "the end of the connection")

    server.release(100)
    await settle()
    assert (server.generated, server.handshakes) == (2, 2)
    assert len([record for record in caplog.records if record.name.startswith("nearline_router")]) == 1


async def test_with_other_private_parts_what_is_read_to_its_end_closes_nothing(
    session: Session, server: TlsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to cancel."""
    monkeypatch.setattr(pools, "_http2", lambda _: None)
    server.tokens = 1
    server.release(2)

    for _ in range(2):
        await whole(session)

    assert server.handshakes == 1


async def test_a_session_that_is_closed_while_it_connects_ends_its_requests_with_an_error_too(
    session: Session, gate: Gate
) -> None:
    """Nothing was sent yet."""
    asking = asyncio.create_task(whole(session))
    await until(lambda: gate.waiting, "the connection attempt")

    await session.aclose()

    with pytest.raises(httpx2.TransportError):
        await asking


async def test_a_closed_session_ends_its_requests_with_an_error_of_the_client(
    session: Session, server: TlsServer
) -> None:
    """Not with a cancel that nobody asked for."""
    asking = asyncio.create_task(whole(session))
    await until(lambda: server.asked, "the request")

    await session.aclose()

    with pytest.raises(httpx2.TransportError):
        await asking


class Body(httpx2.AsyncByteStream):
    """An answer's body that tells whether it was closed."""

    closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"

    async def aclose(self) -> None:
        """Note it."""
        self.closed = True


async def test_an_answer_that_begins_in_the_moment_in_which_it_is_left_is_closed() -> None:
    """Nobody has it in hand, so nobody else would."""
    body, gate, background = Body(), asyncio.Event(), Background()

    async def answered(_: httpx2.Request) -> httpx2.Response:
        await gate.wait()
        return httpx2.Response(200, stream=body)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answered)) as client:
        exchange = Exchange(pools.Pools(client, Network(lambda _: None), background), background)
        asking = asyncio.create_task(exchange.send(client, client.build_request("GET", "http://cloud/")))
        await settle()
        asking.cancel()
        await asyncio.wait([asking])
        gate.set()
        await settle()

    assert body.closed
    await background.aclose()
