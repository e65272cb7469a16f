"""A llama.cpp server whose answers are written byte by byte: for what a right one never says."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from tests.scripted_llama import ScriptedLlama

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def events(*values: Any) -> bytes:
    """A streamed answer of these events; bytes stand for themselves."""
    return HEAD + b"".join(
        value if isinstance(value, bytes) else b"data: " + json.dumps(value).encode() + b"\n\n" for value in values
    )


def piece(text: str) -> dict[str, Any]:
    """An event of a stream that goes on."""
    return {"content": text, "stop": False}


def last(stop_type: str = "eos", **more: Any) -> dict[str, Any]:
    """The event that ends a stream."""
    return {"content": "", "stop": True, "stop_type": stop_type, **more}


def answer(status: int, body: str, *headers: str) -> bytes:
    """A whole plain answer."""
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body.encode())}", "Connection: close", *headers]
    return "\r\n".join([*head, "", body]).encode()


def error(status: int, message: str, kind: str = "server_error") -> bytes:
    """A plain answer with llama.cpp's own error in it."""
    return answer(status, json.dumps({"error": {"code": status, "message": message, "type": kind}}))


@dataclass
class RawLlama(ScriptedLlama):
    """Completions are answered with `raw`, and the connection then closed, or reset if `resets_after`.

    The first `resets_before` completions are reset before their first byte. `plain` has other answers for
    `GET /props` and `POST /tokenize`. `tokenized` holds the bodies of every `/tokenize`, `asked` every path.
    """

    raw: bytes = b""
    resets_before: int = 0
    resets_after: bool = False
    plain: dict[str, Any] = field(default_factory=dict)
    tokenized: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def _plain(self, method_path: str, body: bytes) -> dict[str, Any]:
        self.asked.append(method_path)
        if method_path == "POST /tokenize":
            self.tokenized.append(json.loads(body))
        special: dict[str, Any] | None = self.plain.get(method_path)
        return super()._plain(method_path, body) if special is None else special

    async def _complete(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
        if not self.raw and not self.resets_before:
            await super()._complete(reader, writer, body)
            return
        self.completions.append(body)
        if self.resets_before:
            self.resets_before -= 1
            _reset(writer)
            return
        writer.write(self.raw)
        await writer.drain()
        if self.resets_after:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """What a killed server's system sends: RST, not an orderly end."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
