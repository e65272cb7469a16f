"""A model server on loopback that plays scripts, faults and all, in OpenAI's, Anthropic's and Ollama's protocols.

A script is a list of steps that mean the same in every protocol, so that one fault is one line of a matrix:

    server.play(Text("a"), Text("b"), End())          a right answer
    server.play(Status(429, {"retry-after": "2"}))    an error instead of an answer
    server.play(Wait(event), Text("a"), End())        a first token that comes when the test says so
    server.play(Text("a"), Reset())                   the connection is reset in the middle
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fault_wire import WIRES, Comment, End, ErrorInside, Role, Step, Text, Wire
from tests.waiting import settle

__all__ = [
    "Comment",
    "Cut",
    "End",
    "ErrorInside",
    "FaultServer",
    "HangUp",
    "Raw",
    "Reset",
    "Role",
    "Status",
    "Text",
    "Wait",
]


@dataclass(frozen=True)
class Status:
    """A plain answer instead of a stream; only as the first step."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Wait:
    """Nothing more until the event is set; without one, never."""

    event: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Raw:
    """Bytes as they stand, where the protocol would have an event."""

    data: bytes


@dataclass(frozen=True)
class Reset:
    """The connection is reset, as when a server's process is killed."""


@dataclass(frozen=True)
class HangUp:
    """The connection ends before the answer begins, as a kept one does that was idle too long; only first."""


@dataclass(frozen=True)
class Cut:
    """The answer ends as HTTP wants it, and its protocol's end mark has not come."""


Played = Step | Status | Wait | Raw | Reset | HangUp | Cut


@dataclass(frozen=True)
class Asked:
    """One request as it came; `connection` counts from 0."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    connection: int


@dataclass
class FaultServer:
    """Plays queued scripts in order, then `default` for ever; GET is always answered with `{}`.

    A server that does not heed cancels plays on when its client has left, as some providers do.
    `asked` holds the POSTs, `gets` the paths of GETs, `cancels` counts the clients that left early, `sent` the
    pieces of text of each answer, `sent_after_left` those played when it was known that nobody listens.
    """

    default: tuple[Played, ...] = (Text("hello"), Text(" world"), End())
    heeds_cancels: bool = True
    asked: list[Asked] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    connections: int = 0
    cancels: int = 0
    sent: list[int] = field(default_factory=list)
    sent_after_left: int = 0
    url: str = ""
    _scripts: deque[tuple[Played, ...]] = field(default_factory=deque)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> FaultServer:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def play(self, *steps: Played) -> None:
        """Add the script of one more answer."""
        self._scripts.append(steps)

    def forget(self) -> None:
        """What was asked until now does not count, and scripts that nobody came for are not played."""
        for told in (self._scripts, self.asked, self.sent, self.gets):
            told.clear()
        self.cancels = self.sent_after_left = 0

    async def stop(self) -> None:
        """Refuse from now on, and cut every connection."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer, self.connections))
        self.connections += 1
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        try:
            while await self._answer(await _read_request(reader, connection), reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, request: tuple[str, Asked], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; whether the connection goes on."""
        method, asked = request
        if method == "GET":
            self.gets.append(asked.path)
            writer.write(_plain(Status(200, body={})))
            return True
        self.asked.append(asked)
        steps = self._scripts.popleft() if self._scripts else self.default
        if steps and isinstance(steps[0], Status):
            writer.write(_plain(steps[0]))
            return True
        if steps and isinstance(steps[0], HangUp):
            return False
        self.sent.append(0)
        return await self._stream(_Answer(self, WIRES[asked.path], reader, writer, len(self.sent) - 1), steps)

    async def _stream(self, answer: _Answer, steps: tuple[Played, ...]) -> bool:
        playing = asyncio.create_task(answer.play(steps))
        leaving = asyncio.create_task(answer.left())
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                self.cancels += 1
                if self.heeds_cancels:
                    return False
            return await playing
        finally:
            playing.cancel()
            leaving.cancel()
            await asyncio.gather(playing, leaving, return_exceptions=True)


@dataclass
class _Answer:
    server: FaultServer
    wire: Wire
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    gone: bool = False

    async def left(self) -> None:
        """Return when the client has closed its side. (No request follows one whose answer has not ended.)"""
        with contextlib.suppress(ConnectionError):
            await self.reader.read(1)
        self.gone = True

    async def play(self, steps: tuple[Played, ...]) -> bool:
        """Send the script; whether the connection goes on."""
        self._write(_head(self.wire.content_type))
        for step in steps:
            if isinstance(step, Wait):
                await step.event.wait()
            elif isinstance(step, Reset):
                # What was sent before is read first: a system may drop it when the reset comes.
                await settle()
                _reset(self.writer)
                return False
            elif isinstance(step, Raw):
                self._chunk(step.data)
            elif not isinstance(step, Cut | Status | HangUp):
                self._count(step)
                self._chunk(self.wire.encoded(step))
            await self._sent()
        # No turn of the loop behind this one: the client's next request must not be read by who watches it leave.
        self._write(b"0\r\n\r\n")
        return not self.gone

    def _count(self, step: Step) -> None:
        if isinstance(step, Text):
            self.server.sent[self.number] += 1
            self.server.sent_after_left += self.gone

    def _chunk(self, data: bytes) -> None:
        if data:
            self._write(b"%x\r\n%s\r\n" % (len(data), data))

    def _write(self, data: bytes) -> None:
        if not self.gone:
            self.writer.write(data)

    async def _sent(self) -> None:
        if not self.gone:
            try:
                await self.writer.drain()
            except ConnectionError:
                self.gone = True
        # Whoever reads gets a turn after each step, so that steps arrive one by one.
        await asyncio.sleep(0)


def _head(content_type: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()


def _plain(answer: Status) -> bytes:
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} X\r\n{lines}\r\n".encode() + body


async def _read_request(reader: asyncio.StreamReader, connection: int) -> tuple[str, Asked]:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, path, _ = first.split(" ")
    return method, Asked(path, headers, json.loads(body) if body else {}, connection)


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST, as a killed server's system sends it, not an orderly end."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
