"""An OpenAI chat server that streams the same short answer to everybody at once, over HTTP/1.1 with keep-alive.

As little work a request as Python allows, so that what is measured is the client's. Run as a program it prints its
URL and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

MODEL = "instant"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class InstantOpenAI(asyncio.Protocol):
    """One connection. A POST is answered with the stream, anything else with the list of models."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See Protocol."""
        self._unread += data
        while method := self._take():
            self._transport.write(STREAM if method == b"POST" else MODELS)

    def _take(self) -> bytes:
        """The method of the next request when all of it has come, else nothing."""
        head_end = self._unread.find(b"\r\n\r\n")
        length = LENGTH.search(self._unread, 0, max(0, head_end))
        end = head_end + 4 + (int(length[1]) if length else 0)
        if head_end < 0 or len(self._unread) < end:
            return b""
        method = bytes(self._unread.split(b" ", 1)[0])
        del self._unread[:end]
        return method


def _event(choices: list[dict[str, Any]], **rest: Any) -> bytes:
    value = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": choices, **rest}
    return f"data: {json.dumps(value)}\n\n".encode()


def _piece(finish: str | None = None, **delta: str) -> bytes:
    return _event([{"index": 0, "delta": delta, "finish_reason": finish}])


def _stream() -> bytes:
    usage = {"prompt_tokens": 500, "completion_tokens": 2, "total_tokens": 502}
    pieces = [_piece(role="assistant", content=""), _piece(content="one"), _piece(content=" two"), _piece("stop")]
    events = [*pieces, _event([], usage=usage), b"data: [DONE]\n\n", b""]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events)


def _models() -> bytes:
    body = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


STREAM, MODELS = _stream(), _models()


@asynccontextmanager
async def instant_openai() -> AsyncIterator[str]:
    """The URL of such a server, in a process of its own."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", __file__, stdin=PIPE, stdout=PIPE)
    assert process.stdin
    assert process.stdout
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


async def _main() -> None:
    server = await asyncio.get_running_loop().create_server(InstantOpenAI, "127.0.0.1", 0, backlog=256)
    async with server:
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
