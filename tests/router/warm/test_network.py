"""The sockets: nothing is lost to a cancel, nothing piles up unread, and every end is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpcore2
import pytest

from nearline_router.warm.network import HIGH_WATER_BYTES, Network, Socket
from tests.waiting import settle, until


class Peer:
    """The other end of one connection, and what the network was told of ours."""

    def __init__(self) -> None:
        self.noticed: list[Socket] = []
        self.network = Network(self.noticed.append)
        self._arrived: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def __aenter__(self) -> Peer:
        self.server = await asyncio.start_server(lambda *ends: self._arrived.put_nowait(ends), "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        stream = await self.network.connect_tcp("127.0.0.1", self.port, timeout=5)
        assert isinstance(stream, Socket)
        self.socket = stream
        self.reader, self.writer = await self._arrived.get()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        self.writer.transport.abort()
        await self.socket.aclose()


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A connection."""
    async with Peer() as peer:
        yield peer


async def test_a_cancelled_read_takes_nothing(peer: Peer) -> None:
    """The next one gets everything."""
    reading = asyncio.create_task(peer.socket.read(100))
    await settle()
    peer.writer.write(b"hello")
    reading.cancel()
    await asyncio.wait([reading])

    assert await peer.socket.read(100) == b"hello"


async def test_a_cancelled_write_is_done_whole(peer: Peer) -> None:
    """The peer reads so slowly that the write waits, and is cancelled there."""
    much = bytes(range(256)) * 2**16
    writing = asyncio.create_task(peer.socket.write(much))
    await settle()
    assert not writing.done()
    writing.cancel()
    await asyncio.wait([writing])

    _, got = await asyncio.gather(peer.socket.write(b"end"), peer.reader.readexactly(len(much) + 3))

    assert got == much + b"end"


async def test_a_peer_is_made_to_wait_when_nobody_reads(peer: Peer) -> None:
    """A consumer that is slow does not fill the memory."""
    peer.writer.write(b"x" * 2**25)
    await until(lambda: len(peer.socket._unread) > HIGH_WATER_BYTES, "a full buffer")
    await settle()

    assert len(peer.socket._unread) < 2**21


async def test_a_slow_reader_gets_everything(peer: Peer) -> None:
    """The peer goes on when there is room again."""
    peer.writer.write(b"x" * 2**22)
    got = 0
    while got < 2**22:
        got += len(await peer.socket.read(2**14))

    assert got == 2**22


async def test_bytes_that_nobody_waits_for_are_told_once(peer: Peer) -> None:
    """However many come, until somebody has read them."""
    peer.writer.write(b"one")
    await until(lambda: peer.noticed, "the notice")
    peer.writer.write(b"two")
    await until(lambda: len(peer.socket._unread) == 6, "the rest")

    assert peer.noticed == [peer.socket]


async def test_bytes_that_somebody_waits_for_are_not_told(peer: Peer) -> None:
    """Who waits has them."""
    reading = asyncio.create_task(peer.socket.read(100))
    await settle()
    peer.writer.write(b"hello")

    assert await reading == b"hello"
    assert peer.noticed == []


async def test_an_end_is_told_once(peer: Peer) -> None:
    """Whoever made it; then the socket counts as open no more, and reads as ended."""
    peer.writer.close()
    await until(lambda: peer.noticed, "the notice")
    await peer.socket.aclose()
    await settle()

    assert peer.noticed == [peer.socket]
    assert not peer.network.open
    assert await peer.socket.read(100) == b""


async def test_a_lost_socket_refuses_to_write(peer: Peer) -> None:
    """Instead of taking bytes that nobody gets."""
    await peer.socket.aclose()

    with pytest.raises(httpcore2.WriteError):
        await peer.socket.write(b"hello")


async def test_a_read_has_an_end(peer: Peer) -> None:
    """As the library's own errors."""
    with pytest.raises(httpcore2.ReadTimeout):
        await peer.socket.read(100, timeout=0.01)


async def test_nobody_there_is_an_error_of_the_library(peer: Peer) -> None:
    """So that what httpx2 makes of it stays the same."""
    peer.server.close()
    await peer.server.wait_closed()

    with pytest.raises(httpcore2.ConnectError):
        await peer.network.connect_tcp("127.0.0.1", peer.port, timeout=5)
