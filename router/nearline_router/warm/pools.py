"""What httpx2 and httpcore2 do not offer, reached by their private parts: all of that is in this file.

Written for 2.16; where a later version has other private parts, a cancel closes the connection instead.
"""
# ruff: noqa: SLF001

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import httpcore2
import httpx2

from nearline_router.warm.background import Background
from nearline_router.warm.network import Network, Socket

# RFC 9113 section 7.
CANCEL = 0x8
# The private methods ask a request for its timeouts and its trace; this one has none.
NO_REQUEST = httpcore2.Request("GET", "https://localhost/")
# What a connection that is at its end may answer.
BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, httpcore2.ConnectionNotAvailable)

log = logging.getLogger(__name__)


class Pools:
    """The connection pools of one client, one for direct connections and one per proxy."""

    def __init__(self, client: httpx2.AsyncClient, network: Network, background: Background) -> None:
        self._background = background
        self._told = False
        self.opened: WeakSet[httpcore2.AsyncNetworkStream] = WeakSet()
        transports = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
        pools: list[Any] = [getattr(transport, "_pool", None) for transport in transports]
        self._pools = [pool for pool in pools if hasattr(pool, "_network_backend")]
        for pool in self._pools:
            pool._network_backend = network

    def cancel(self, request: Any, stream_id: int) -> None:
        """Take a stream back before httpcore2 forgets it: RST_STREAM, and its unread bytes given back.

        Everything is queued at once and sent by a task, so that a cancel neither waits nor can be cut in half.
        """
        from h2.exceptions import H2Error  # httpcore2 loads it with the first HTTP/2 connection

        try:
            connection = self._carrying(request)
            _reset(connection, stream_id)
            socket = connection._network_stream
        except H2Error:  # the connection has ended, and the stream with it
            return
        except (AttributeError, TypeError):
            self._tell()
            self._background.start(self._close_all())
        else:
            self._background.start(self._tend(connection, socket))

    async def attend(self, socket: Socket) -> None:
        """Read and answer what an idle HTTP/2 connection was sent, and drop it if that was its end."""
        for connection in self._http2_connections():
            if getattr(connection, "_network_stream", None) is socket and connection.is_idle():
                await self._tend(connection, socket)
        await self.sweep()

    async def sweep(self) -> None:
        """Close what will take no request any more; httpcore2 lets a broken HTTP/2 connection lie about."""
        for pool in self._pools:
            for connection in pool.connections:
                if connection.is_idle() and not connection.is_available():
                    await connection.aclose()

    async def _tend(self, connection: Any, socket: Any) -> None:
        from h2.exceptions import H2Error

        with suppress(*BROKEN, H2Error, AttributeError):  # the last of a later version
            await _receive(connection, socket)
        await self.sweep()

    async def _close_all(self) -> None:
        for pool in self._pools:
            await pool.aclose()
        for stream in list(self.opened):
            await stream.aclose()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            log.debug("httpcore2 %s is new to us: a cancel closes the connection", httpcore2.__version__)

    def _carrying(self, request: Any) -> Any:
        for pool in self._pools:
            for carried in getattr(pool, "_requests", ()):
                if carried.request is request:
                    return _http2(carried.connection)
        return None

    def _http2_connections(self) -> Iterator[Any]:
        for pool in self._pools:
            yield from filter(None, map(_http2, pool.connections))


def _http2(connection: Any) -> Any:
    """The HTTP/2 connection inside the layers of a pooled one (direct, or by way of a proxy), or None."""
    while connection is not None and not hasattr(connection, "_h2_state"):
        connection = getattr(connection, "_connection", None)
    return connection


def _reset(connection: Any, stream_id: int) -> None:
    state, events = connection._h2_state, connection._events.get(stream_id, ())
    unread = sum(getattr(event, "flow_controlled_length", None) or 0 for event in events)
    if unread:
        state.acknowledge_received_data(unread, stream_id)
    stream = state.streams.get(stream_id)
    if stream is not None and not stream.closed:
        state.reset_stream(stream_id, CANCEL)


async def _receive(connection: Any, socket: Any) -> None:
    """Send what is queued; then read what lies there and nobody is going to, and answer that."""
    await connection._write_outgoing_data(NO_REQUEST)
    while connection.is_idle() and getattr(socket, "readable", False):
        async with connection._read_lock:
            if socket.readable:
                await connection._receive_events(NO_REQUEST)
        await connection._write_outgoing_data(NO_REQUEST)
