"""Connections are open before they are needed, opened again when they end, and seen by nobody else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from nearline_router.errors import ConfigError
from nearline_router.warm import session as session_module
from nearline_router.warm.client import load_client
from nearline_router.warm.session import Session
from tests.tls_server import TlsServer
from tests.waiting import settle, until

KEY = {"Authorization": "Bearer of-nobody"}
BODY = {"prompt": "def f"}

Connect = Callable[..., Session]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TlsServer]:
    """A model server that offers HTTP/2."""
    async with TlsServer(tmp_path) as server:
        yield server


@pytest.fixture
async def old_server(tmp_path: Path) -> AsyncIterator[TlsServer]:
    """One that knows only HTTP/1.1, and generates when it is told to."""
    async with TlsServer(tmp_path, http2=False, on_demand=True) as server:
        yield server


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes sessions that are closed with the test."""
    async with AsyncExitStack() as closing:

        def made(server: TlsServer, **options: Any) -> Session:
            given = {"local": False, "http2": True, "ca_file": server.ca_file, "warm_path": "/models", **options}
            session = Session("cloud", server.url, KEY, **given)
            closing.push_async_callback(session.aclose)
            return session

        yield made


async def whole(session: Session) -> str:
    """A stream to its end."""
    async with session.stream("/chat", BODY) as response:
        return (await response.aread()).decode()


async def test_a_warm_up_makes_the_one_handshake_and_the_next_request_none(server: TlsServer, connect: Connect) -> None:
    """Over HTTP/2 the second request shares the connection of the first."""
    session = connect(server)

    warmed = await session.warm()
    assert "[DONE]" in await whole(session)

    assert warmed
    assert (warmed.status, server.handshakes) == (200, 1)
    assert [asked.protocol for asked in server.asked] == ["HTTP/2", "HTTP/2"]


async def test_a_warm_up_says_how_long_it_took(server: TlsServer, connect: Connect) -> None:
    """In milliseconds of the clock that was passed in, on which a request takes a second."""
    warmed = await connect(server, clock=lambda: float(len(server.asked))).warm()

    assert warmed
    assert warmed.took_ms == 1000


async def test_every_request_is_authenticated_the_warm_up_too(server: TlsServer, connect: Connect) -> None:
    """A wrong key shows before anybody types."""
    session = connect(server)

    await session.warm()
    await session.get("/props")
    await whole(session)

    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("GET", "/models"),
        ("GET", "/props"),
        ("POST", "/chat"),
    ]
    assert {asked.authorization for asked in server.asked} == {"Bearer of-nobody"}


async def test_a_warm_up_that_runs_is_shared(server: TlsServer, connect: Connect) -> None:
    """Who asks meanwhile gets the same one."""
    session = connect(server)

    first, second = await asyncio.gather(session.warm(), session.warm())

    assert first is second
    assert server.asks("GET") == 1


async def test_a_cancelled_caller_does_not_end_a_warm_up(server: TlsServer, connect: Connect) -> None:
    """It goes on for the others."""
    session = connect(server)
    impatient = asyncio.create_task(session.warm())
    await asyncio.sleep(0)

    impatient.cancel()

    assert await session.warm()
    assert server.asks("GET") == 1


async def test_without_a_path_nothing_is_warmed(server: TlsServer, connect: Connect) -> None:
    """Neither when asked, nor because somebody is there."""
    session = connect(server, warm_path=None)

    session.touch()
    assert await session.warm() is None
    await settle()

    assert server.handshakes == 0


async def test_a_warm_up_that_fails_says_so_to_who_asked(server: TlsServer, connect: Connect) -> None:
    """The server is gone."""
    session = connect(server)
    server._server.close()

    with pytest.raises(httpx2.ConnectError):
        await session.warm()


async def test_a_touch_warms_in_the_background_and_never_fails(server: TlsServer, connect: Connect) -> None:
    """The first one opens the connection."""
    session = connect(server)

    session.touch()

    await until(lambda: server.asks("GET") == 1, "the warm-up")


async def test_a_cut_connection_is_opened_again_at_once(server: TlsServer, connect: Connect) -> None:
    """Before the next request, which makes no handshake."""
    session = connect(server)
    await whole(session)

    server.drop()

    await until(lambda: server.asks("GET") == 1, "the connection in place of the lost one")
    await whole(session)
    assert server.handshakes == 2


async def test_a_connection_that_says_goaway_is_replaced_at_once(server: TlsServer, connect: Connect) -> None:
    """The server leaves it open, so nothing but the frame says that it takes no more."""
    session = connect(server)
    await whole(session)

    server.goaway()

    await until(lambda: server.asks("GET") == 1, "the connection in place of the other")
    await whole(session)
    assert server.handshakes == 2


async def test_an_unused_connection_that_is_closed_is_not_opened_again_and_again(
    server: TlsServer, connect: Connect
) -> None:
    """A server that closes after each answer would be asked without end."""
    session = connect(server)
    await whole(session)
    server.drop()
    await until(lambda: server.asks("GET") == 1, "the replacement")
    await settle()

    server.drop()

    await until(lambda: not session._network.open, "the loss")
    await settle()
    assert server.handshakes == 2


async def test_nobody_there_nothing_is_opened(server: TlsServer, connect: Connect) -> None:
    """A warm-up by hand is no sign of somebody who types."""
    session = connect(server)
    await session.warm()

    server.drop()

    await until(lambda: not session._network.open, "the loss")
    await settle()
    assert server.handshakes == 1


async def test_a_ping_is_answered_while_nothing_is_asked(server: TlsServer, connect: Connect) -> None:
    """Who does not answer is taken for dead."""
    session = connect(server)
    await whole(session)

    server.ping()

    await until(lambda: server.ping_acks == 1, "the answer")


async def test_a_broken_connection_leaves_the_pool_with_its_last_stream(server: TlsServer, connect: Connect) -> None:
    """Else it stays there, and what it counts is missing elsewhere."""
    server.silent = True
    session = connect(server, warm_path=None)
    asking = [asyncio.create_task(whole(session)) for _ in range(2)]
    await until(lambda: server.asks("POST") == 2, "both requests")

    server.drop()
    results = await asyncio.gather(*asking, return_exceptions=True)

    assert all(isinstance(result, httpx2.TransportError) for result in results)
    assert session._opened
    pooled = [connection for pool in session._opened[1]._pools for connection in pool.connections]
    assert all(connection.is_closed() for connection in pooled)


async def test_a_dead_connection_is_found_out_by_the_warm_up_and_replaced(
    server: TlsServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is gone without a word: nothing comes back by the old connection."""
    session = connect(server)
    await session.get("/props")
    server.freeze()
    monkeypatch.setattr(session_module, "WARM_UP_TIMEOUT", httpx2.Timeout(0.1))

    assert await session.warm()

    assert server.handshakes == 2


async def test_a_dead_connection_is_found_out_while_somebody_types(
    server: TlsServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request is cancelled at its deadline, and the first of them lets the connection be tried."""
    monkeypatch.setattr(session_module, "WARM_UP_TIMEOUT", httpx2.Timeout(0.1))
    now_s = [0.0]
    session = connect(server, clock=lambda: now_s[0])
    await session.get("/props")
    server.freeze()
    now_s[0] = 10.0

    asking = asyncio.create_task(whole(session))
    await settle()
    asking.cancel()

    await until(lambda: server.handshakes == 2, "another connection")
    assert "[DONE]" in await whole(session)


async def test_an_endpoint_without_http2_is_asked_by_http11(old_server: TlsServer, connect: Connect) -> None:
    """Both are offered, the server chooses; then a warm-up opens two connections, for a cancel costs one."""
    session = connect(old_server)
    old_server.release(3)

    await session.warm()
    assert len(old_server.connections) == 2
    assert "[DONE]" in await whole(session)

    assert {asked.protocol for asked in old_server.asked} == {"HTTP/1.1"}


async def test_while_http11_streams_two_more_connections_are_ready(old_server: TlsServer, connect: Connect) -> None:
    """Opened when the stream begins, since who leaves it asks for the next one at once."""
    session = connect(old_server, http2=False)
    await session.warm()

    async with session.stream("/chat", BODY):
        await until(lambda: len(old_server.connections) == 3, "the spare connections")


async def test_http2_is_offered_only_when_it_is_asked_for(server: TlsServer, connect: Connect) -> None:
    """Without `http2` even a server that can do both is asked by HTTP/1.1."""
    await connect(server, http2=False).get("/props")

    assert server.asked[0].protocol == "HTTP/1.1"


async def test_a_cancel_over_http11_closes_the_socket_and_the_next_request_finds_another(
    old_server: TlsServer, connect: Connect
) -> None:
    """Ten in a row, and the requests themselves open none."""
    session = connect(old_server, http2=False)
    await session.warm()

    for cancelled in range(1, 11):
        before = old_server.handshakes
        async with session.stream("/chat", BODY) as response:
            assert old_server.handshakes == before
            old_server.release(1)
            await anext(response.aiter_lines())
        await until(partial(lambda n: old_server.lost == n, cancelled), "the end of the answer")
        await until(lambda: len(old_server.connections) >= 2, "the spare connection")

    assert old_server.generated == 10


async def test_an_expired_certificate_is_refused(tmp_path: Path, connect: Connect) -> None:
    """With a text that says what is wrong."""
    async with TlsServer(tmp_path, expired=True) as server:
        with pytest.raises(httpx2.ConnectError, match="expired"):
            await connect(server).warm()

        assert server.asked == []


async def test_an_unknown_authority_is_refused(server: TlsServer, connect: Connect) -> None:
    """The system does not know who vouches for the test server."""
    with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
        await connect(server, ca_file=None).warm()


async def test_a_missing_file_of_authorities_is_a_mistake_in_the_configuration(
    server: TlsServer, connect: Connect, tmp_path: Path
) -> None:
    """It is read when it is first needed, and again the next time."""
    session = connect(server, ca_file=str(tmp_path / "missing.pem"))

    for _ in range(2):
        with pytest.raises(ConfigError, match="cloud: the file of certificate authorities"):
            await session.get("/models")


async def test_certificate_authorities_are_not_read_on_the_event_loop(
    server: TlsServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is some 30 ms in which nothing else would go on."""
    threads: list[threading.Thread] = []

    def watched(*given: Any, **options: Any) -> httpx2.AsyncClient:
        threads.append(threading.current_thread())
        return load_client(*given, **options)

    monkeypatch.setattr(session_module, "load_client", watched)
    await connect(server).warm()

    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


@pytest.mark.parametrize("local", [True, False], ids=["local", "cloud"])
async def test_a_proxy_of_the_environment_sees_nothing_that_is_local(
    server: TlsServer, connect: Connect, monkeypatch: pytest.MonkeyPatch, local: bool
) -> None:
    """And everything else, because that is what the user set it for."""
    seen: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readline())
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
            monkeypatch.setenv(name.lower(), url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        session = connect(server, local=local, warm_path=None)
        if local:
            await session.get("/models")
        else:
            with pytest.raises(httpx2.TransportError):
                await session.get("/models")

    assert [line.split()[0] for line in seen] == ([] if local else [b"CONNECT"])
    assert server.handshakes == (1 if local else 0)


async def test_closing_ends_everything(server: TlsServer, connect: Connect) -> None:
    """Connections, what keeps them warm, and a handshake that is under way."""
    warm, opening = connect(server), connect(server)
    warm.touch()
    await whole(warm)
    opening.touch()
    await settle()

    await warm.aclose()
    await opening.aclose()

    await until(lambda: not server.connections, "the end of the connections")
    await settle()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_closed_session_stays_closed(server: TlsServer, connect: Connect) -> None:
    """A late touch starts nothing."""
    session = connect(server)
    await session.warm()
    await session.aclose()

    await until(lambda: not server.connections, "the end of the connection")
    session.touch()
    await settle()

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_warm_up_by_hand_is_not_repeated_by_the_touch_that_follows(server: TlsServer, connect: Connect) -> None:
    """As at start: the connection is opened, and then the user begins to type."""
    session = connect(server)
    await session.warm()

    session.touch()
    await settle()
    await whole(session)

    assert server.asks("GET") == 1
