"""The sockets under the connection pools.

httpcore2's own are not enough for connections that stay open and requests that are left at any moment:

- They read only while a request waits, so what an idle connection is sent (GOAWAY, PING, its end) is found out by
  the next request. Here `notice` is told at once.
- They wait between encrypting a TLS record and sending it while the peer is slow (anyio 4.16), so a task that is
  cancelled there loses bytes, and nobody can read the connection any more. A write here is done when it is called.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2

# Unread bytes at which the peer is made to wait; twice asyncio's own buffer for a stream.
HIGH_WATER_BYTES = 128 * 1024
# RFC 8305 section 5: how long one address family is tried before the other joins in.
HAPPY_EYEBALLS_S = 0.25
EXTRA = {"ssl_object": "ssl_object", "client_addr": "sockname", "server_addr": "peername", "socket": "socket"}


class Socket(asyncio.Protocol, httpcore2.AsyncNetworkStream):
    """One TCP connection, with or without TLS."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._transport: asyncio.Transport
        self._unread = bytearray()
        self._readable, self._writable = asyncio.Event(), asyncio.Event()
        self._writable.set()
        self._reading = False
        self._paused = False
        self._error: Exception | None = None
        self.lost = False

    @property
    def readable(self) -> bool:
        """Whether a read would not wait: there are bytes, or there will never be any."""
        return bool(self._unread) or self.lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (create_connection makes no other)
        self._transport = transport
        self._network.open.add(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        news = not self._unread and not self._reading
        self._unread += data
        self._readable.set()
        if len(self._unread) > HIGH_WATER_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        if news:
            self._network.notice(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer, the network or `aclose` ended it."""
        self._error = exc
        self._end()

    def pause_writing(self) -> None:
        """The peer does not read as fast as we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See AsyncNetworkStream; a cancelled read has taken nothing."""
        self._reading = True
        try:
            async with asyncio.timeout(timeout):
                while not self.readable:
                    self._readable.clear()
                    await self._readable.wait()
        except TimeoutError as error:
            raise httpcore2.ReadTimeout from error
        finally:
            self._reading = False
        if self._error and not self._unread:
            raise httpcore2.ReadError(type(self._error).__name__) from self._error
        return self._take(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See AsyncNetworkStream; a cancelled write has been done, or was never begun."""
        if not buffer:
            return
        if self.lost:
            raise httpcore2.WriteError("the connection is gone")
        self._transport.write(buffer)
        try:
            async with asyncio.timeout(timeout):
                await self._writable.wait()
        except TimeoutError as error:
            raise httpcore2.WriteTimeout from error

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """See AsyncNetworkStream. Raises ConnectError for a certificate that is not good."""
        loop = asyncio.get_running_loop()
        try:
            with mapped_connect_errors():
                async with asyncio.timeout(timeout):
                    tls = await loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        except BaseException:
            self._abort()
            raise
        if tls is None:
            raise httpcore2.ConnectError("the connection was closed during the handshake")
        self._transport = tls
        return self

    async def aclose(self) -> None:
        """Close at once, without a farewell that would have to be waited for."""
        self._abort()

    def get_extra_info(self, info: str) -> Any:
        """See AsyncNetworkStream."""
        if info == "is_readable":
            return self.readable
        return self._transport.get_extra_info(EXTRA[info]) if info in EXTRA else None

    def _take(self, max_bytes: int) -> bytes:
        data = bytes(self._unread[:max_bytes])
        del self._unread[:max_bytes]
        if self._paused and len(self._unread) <= HIGH_WATER_BYTES // 2:
            self._paused = False
            self._transport.resume_reading()
        return data

    def _abort(self) -> None:
        self._transport.abort()
        self._end()

    def _end(self) -> None:
        if not self.lost:
            self.lost = True
            self._readable.set()
            self._writable.set()
            self._network.open.discard(self)
            self._network.notice(self)


class Network(httpcore2.AsyncNetworkBackend):
    """Opens sockets. `notice` is told of bytes that nobody waits for and of every end; `open` are those that live."""

    def __init__(self, notice: Callable[[Socket], None]) -> None:
        self.notice = notice
        self.open: set[Socket] = set()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """See AsyncNetworkBackend. Raises ConnectError and ConnectTimeout."""
        loop = asyncio.get_running_loop()
        local = (local_address, 0) if local_address else None
        with mapped_connect_errors():
            async with asyncio.timeout(timeout):
                # An address has one family; and CPython 3.11 loses a socket that is cancelled in the race of two.
                delay_s = None if _is_address(host) else HAPPY_EYEBALLS_S
                transport, socket = await loop.create_connection(
                    lambda: Socket(self), host, port, local_addr=local, happy_eyeballs_delay=delay_s
                )
        for option in socket_options or ():
            transport.get_extra_info("socket").setsockopt(*option)
        return socket


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@contextmanager
def mapped_connect_errors() -> Iterator[None]:
    """What asyncio and ssl raise while a connection is opened, as httpcore2's errors."""
    try:
        yield
    except TimeoutError as error:
        raise httpcore2.ConnectTimeout(str(error)) from error
    except OSError as error:  # ssl.SSLError is one
        raise httpcore2.ConnectError(str(error)) from error
