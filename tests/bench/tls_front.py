"""Stands in for a cloud in front of the real engine: TLS and HTTP/2 outside, the engine's own routes behind it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import h2.events
import httpx2

from tests.tls_server import Asked, Front, Http2, Http2Answer, TlsServer, _asked

# No engine sends so much at once, and every window of HTTP/2 takes it.
PIECE_BYTES = 16_384


@dataclass
class TlsFront(TlsServer):
    """Passes every request on to `engine`, with its body, and the answer back as it comes.

    What authenticates is the engine's own key, which `engine` sends; whoever asks here has none of it.
    """

    engine: httpx2.AsyncClient = field(default_factory=httpx2.AsyncClient)

    async def __aenter__(self) -> TlsFront:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Door(self), "127.0.0.1", 0, ssl=self._context())
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        return self

    async def forward(self, asked: Asked, body: bytes, answer: _Answer) -> None:
        """Ask the engine; a client that leaves ends the work there."""
        self.asked.append(asked)
        headers = {"content-type": "application/json"}
        async with self.engine.stream(asked.method, asked.path, content=body, headers=headers) as response:
            answer.begin(response.status_code, response.headers.get("content-type", "application/json"))
            async for piece in response.aiter_bytes(PIECE_BYTES):
                await answer.write(piece)
        answer.end()


class _Door(Front):
    """A connection until its handshake is done; only HTTP/2 is spoken here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See Front."""
        assert isinstance(transport, asyncio.Transport)
        assert isinstance(self._server, TlsFront)
        self._server.handshakes += 1
        connection = _Connection(self._server, transport)
        self._server.connections.append(connection)
        transport.set_protocol(connection)


class _Connection(Http2):
    """Waits for the whole of a request before it is passed on."""

    def __init__(self, front: TlsFront, transport: asyncio.Transport) -> None:
        super().__init__(front, transport)
        self._front = front
        self._bodies: dict[int, tuple[Asked, bytearray]] = {}

    def _happened(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._bodies[event.stream_id] = _asked(dict(event.headers or ()), "HTTP/2"), bytearray()
            return
        if isinstance(event, h2.events.DataReceived):
            self._bodies[event.stream_id][1].extend(event.data or b"")
        if isinstance(event, h2.events.StreamEnded):
            asked, body = self._bodies.pop(event.stream_id)
            answer = self._front.forward(asked, bytes(body), _Answer(self, event.stream_id))
            self.answers[event.stream_id] = asyncio.create_task(answer)
        super()._happened(event)


class _Answer(Http2Answer):
    """A stream whose status is the engine's."""

    def begin(self, status: int, content_type: str) -> None:
        """Status and headers."""
        headers = [(":status", str(status)), ("content-type", content_type)]
        self._connection.state.send_headers(self._stream_id, headers)
        self._connection.flush()
