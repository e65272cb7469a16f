"""A llama.cpp server whose answers are written byte by byte: for what a right one never says."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from tests.scripted_llama import ScriptedLlama, _read_request, _write_json

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


def plain(value: Any) -> bytes:
    """A whole answer in JSON."""
    return answer(200, json.dumps(value))


def error(status: int, message: str, kind: str = "server_error") -> bytes:
    """A plain answer with llama.cpp's own error in it."""
    return answer(status, json.dumps({"error": {"code": status, "message": message, "type": kind}}))


@dataclass
class RawLlama(ScriptedLlama):
    """Answers the paths in `raw`, such as `GET /props`, with those bytes, and the others as the scripted one does.

    So many first requests of a path as stand in `resets` are reset before their first byte; with `cut_off`
    the connection is reset behind the raw bytes. `asked` holds every path, `tokenized` what was tokenized.
    """

    raw: dict[str, bytes] = field(default_factory=dict)
    resets: dict[str, int] = field(default_factory=dict)
    cut_off: bool = False
    beginning: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokenized: list[dict[str, Any]] = field(default_factory=list)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while request := await _read_request(reader):
                path, headers, body = request
                self.asked.append(path)
                self.keys.append(headers.get("authorization", ""))
                if not await self._answered(path, body, reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def kill(self) -> None:
        """Die as a process does that is killed: every connection is reset."""
        for writer in list(self._connections):
            _reset(writer)
        await self.stop()

    async def _answered(
        self, path: str, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; whether the connection goes on."""
        if self.resets.get(path, 0):
            self.resets[path] -= 1
            _reset(writer)
        elif path in self.raw:
            writer.write(self.raw[path])
            await writer.drain()
            if self.cut_off:
                _reset(writer)
        elif path == "POST /completion":
            await self._complete(reader, writer, json.loads(body))
        else:
            _write_json(writer, 200, self._plain(path, body))
            await writer.drain()
            return True
        return False

    def _plain(self, method_path: str, body: bytes) -> dict[str, Any]:
        if method_path == "POST /tokenize":
            self.tokenized.append(json.loads(body))
            if self.tokenized[-1]["add_special"]:
                return {"tokens": self.beginning}
        return super()._plain(method_path, body)


def _reset(writer: asyncio.StreamWriter) -> None:
    """What a killed server's system sends: RST, not an orderly end."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
