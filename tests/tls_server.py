"""A model server behind TLS that speaks HTTP/2 or HTTP/1.1, counts what reaches it, and can misbehave on purpose.

A GET is answered with `{}`, a POST with server-sent events in the shape of OpenAI's, one token each.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import h2.config
import h2.connection
import h2.events
import h2.settings
import h11
import trustme

EXPIRED = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    authorization: str
    protocol: str


class Answer(Protocol):
    """Where an answer is written to."""

    def head(self, content_type: str) -> None:
        """Status and headers."""

    async def write(self, data: bytes) -> None:
        """A piece of the body, when there is room for it."""

    def end(self) -> None:
        """The end of the body."""


@dataclass
class TlsServer:
    """`tokens` are generated `token_delay_s` apart, or, `on_demand`, one for each that `release` allows.

    `http2`: offer it; `expired`: show an old certificate; `padding_bytes` make a token as long as that;
    `silent`: no POST is answered at all.
    `resets` holds the error codes of the RST_STREAM frames that ended a stream, `lost` counts HTTP/1.1 answers
    whose connection was closed before their end, `answering` the answers that are under way;
    `generated` tokens have been `written` once the window had room for them.
    """

    folder: Path
    http2: bool = True
    expired: bool = False
    tokens: int = 3
    token_delay_s: float = 0.0
    on_demand: bool = False
    padding_bytes: int = 0
    silent: bool = False
    handshakes: int = 0
    asked: list[Asked] = field(default_factory=list)
    generated: int = 0
    written: int = 0
    resets: list[int] = field(default_factory=list)
    ping_acks: int = 0
    answering: int = 0
    lost: int = 0
    url: str = ""
    port: int = 0
    connections: list[Http2 | Http11] = field(default_factory=list)

    @property
    def ca_file(self) -> str:
        """The certificate authority that vouches for this server."""
        return str(self.folder / "ca.pem")

    def asks(self, method: str) -> int:
        """How many requests with this method came."""
        return sum(asked.method == method for asked in self.asked)

    async def __aenter__(self) -> TlsServer:
        self._permits = asyncio.Semaphore(0)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Front(self), "127.0.0.1", 0, ssl=self._context())
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.drop()
        await self._server.wait_closed()

    def release(self, tokens: int) -> None:
        """Let so many more tokens be generated."""
        for _ in range(tokens):
            self._permits.release()

    def drop(self) -> None:
        """Cut every connection."""
        for connection in list(self.connections):
            connection.transport.abort()

    def goaway(self) -> None:
        """Tell every HTTP/2 connection that it takes no more requests; the connections stay open."""
        for connection in self._http2_connections():
            connection.state.close_connection()
            connection.flush()

    def freeze(self) -> None:
        """Hear nothing any more on the connections there are, as behind a network that forgot them."""
        for connection in self.connections:
            connection.transport.pause_reading()

    def ping(self) -> None:
        """Ask every HTTP/2 connection for a sign of life."""
        for connection in self._http2_connections():
            connection.state.ping(b"nearline")
            connection.flush()

    async def respond(self, asked: Asked, answer: Answer) -> None:
        """Take a request and write its answer."""
        self.asked.append(asked)
        self.answering += 1
        try:
            if asked.method == "GET":
                answer.head("application/json")
                await answer.write(b"{}")
            else:
                await self._generate(answer)
            answer.end()
        finally:
            self.answering -= 1

    async def _generate(self, answer: Answer) -> None:
        if self.silent:
            await asyncio.Event().wait()
        answer.head("text/event-stream")
        for number in range(self.tokens):
            if self.on_demand:
                await self._permits.acquire()
            elif self.token_delay_s:
                await asyncio.sleep(self.token_delay_s)
            self.generated += 1
            text = f"{number}".ljust(self.padding_bytes)
            await answer.write(b"data: %s\n\n" % json.dumps({"choices": [{"delta": {"content": text}}]}).encode())
            self.written += 1
        await answer.write(b"data: [DONE]\n\n")

    def _http2_connections(self) -> list[Http2]:
        return [connection for connection in self.connections if isinstance(connection, Http2)]

    def _context(self) -> ssl.SSLContext:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["h2", "http/1.1"] if self.http2 else ["http/1.1"])
        authority.issue_cert("127.0.0.1", not_after=EXPIRED if self.expired else None).configure_cert(context)
        return context


class Front(asyncio.Protocol):
    """A connection until its protocol is known."""

    def __init__(self, server: TlsServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake is done."""
        assert isinstance(transport, asyncio.Transport)
        self._server.handshakes += 1
        chosen = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        connection = (Http2 if chosen == "h2" else Http11)(self._server, transport)
        self._server.connections.append(connection)
        transport.set_protocol(connection)


class Http2(asyncio.Protocol):
    """An HTTP/2 connection."""

    def __init__(self, server: TlsServer, transport: asyncio.Transport) -> None:
        self._server = server
        self.transport = transport
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.answers: dict[int, asyncio.Task[None]] = {}
        self.room = asyncio.Event()
        self.state.initiate_connection()
        self.flush()

    def flush(self) -> None:
        """Send what is queued."""
        self.transport.write(self.state.data_to_send())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The end of the connection and of its answers."""
        self._server.connections.remove(self)
        for answer in self.answers.values():
            answer.cancel()

    def data_received(self, data: bytes) -> None:
        """Frames came."""
        for event in self.state.receive_data(data):
            self._happened(event)
        self.flush()

    def _happened(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            asked = _asked(dict(event.headers or ()), "HTTP/2")
            answer = self._server.respond(asked, Http2Answer(self, event.stream_id))
            self.answers[event.stream_id] = asyncio.create_task(answer)
        elif isinstance(event, h2.events.DataReceived):
            self.state.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
        elif isinstance(event, h2.events.StreamReset) and event.remote_reset:
            self._server.resets.append(int(event.error_code or 0))
            self.answers[event.stream_id].cancel()
        elif isinstance(event, h2.events.PingAckReceived):
            self._server.ping_acks += 1
        self.room.set()


class Http2Answer:
    """One stream of an HTTP/2 connection."""

    def __init__(self, connection: Http2, stream_id: int) -> None:
        self._connection = connection
        self._stream_id = stream_id

    def head(self, content_type: str) -> None:
        """See Answer."""
        self._connection.state.send_headers(self._stream_id, [(":status", "200"), ("content-type", content_type)])
        self._connection.flush()

    async def write(self, data: bytes) -> None:
        """See Answer."""
        state = self._connection.state
        while state.local_flow_control_window(self._stream_id) < len(data):
            self._connection.room.clear()
            await self._connection.room.wait()
        for start in range(0, len(data), state.max_outbound_frame_size):
            state.send_data(self._stream_id, data[start : start + state.max_outbound_frame_size])
        self._connection.flush()

    def end(self) -> None:
        """See Answer."""
        self._connection.state.end_stream(self._stream_id)
        self._connection.flush()


class Http11(asyncio.Protocol):
    """An HTTP/1.1 connection."""

    def __init__(self, server: TlsServer, transport: asyncio.Transport) -> None:
        self._server = server
        self.transport = transport
        self._state = h11.Connection(h11.SERVER)
        self._asked: Asked
        self._answer: asyncio.Task[None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The end of the connection and of its answer."""
        self._server.connections.remove(self)
        if self._answer and not self._answer.done():
            self._server.lost += 1
            self._answer.cancel()

    def data_received(self, data: bytes) -> None:
        """A request, or a part of one, came."""
        self._state.receive_data(data)
        event: Any = None
        while event not in (h11.NEED_DATA, h11.PAUSED):
            event = self._state.next_event()
            if isinstance(event, h11.Request):
                headers = {b":method": event.method, b":path": event.target, **dict(event.headers)}
                self._asked = _asked(headers, "HTTP/1.1")
            elif isinstance(event, h11.EndOfMessage):
                self._answer = asyncio.create_task(self._server.respond(self._asked, self))
            elif isinstance(event, h11.ConnectionClosed):
                return

    def head(self, content_type: str) -> None:
        """See Answer."""
        self._send(h11.Response(status_code=200, headers=[("content-type", content_type)]))

    async def write(self, data: bytes) -> None:
        """See Answer."""
        self._send(h11.Data(data=data))

    def end(self) -> None:
        """See Answer."""
        self._send(h11.EndOfMessage())
        self._state.start_next_cycle()

    def _send(self, event: h11.Event) -> None:
        self.transport.write(self._state.send(event) or b"")


def _asked(headers: dict[bytes, bytes], protocol: str) -> Asked:
    method, path = headers[b":method"].decode(), headers[b":path"].decode()
    return Asked(method, path, headers.get(b"authorization", b"").decode(), protocol)
