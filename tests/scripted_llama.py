"""A llama.cpp server that plays a script: for tests of what the real one cannot be made to do on purpose.

Speaks `/props`, `/tokenize` and a streamed `/completion`, counts what it was asked and how each stream ended.
Run as a program it prints its URL and serves until its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import sys
from dataclasses import dataclass, field
from typing import Any

MODEL = "qwen2.5-coder-0.5b-scripted.gguf"


@dataclass
class ScriptedLlama:
    """`pieces` are streamed `piece_delay_s` apart, the first after `first_delay_s`. Forced text (grammar) comes first.

    `status` other than 200 is answered to completions; `drop_after` closes the connection behind that many
    pieces without an end. `completions` holds the bodies, `inside` and `most_inside` count open streams,
    `sent` the pieces of each stream, `cut` the streams the client left early.
    """

    pieces: list[str] = field(default_factory=lambda: ["hello", " world"])
    first_delay_s: float = 0.0
    piece_delay_s: float = 0.0
    status: int = 200
    drop_after: int | None = None
    completions: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0
    sent: list[int] = field(default_factory=list)
    cut: int = 0
    url: str = ""
    _server: asyncio.Server | None = None
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> ScriptedLlama:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop listening and cut every connection, as a killed server does."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while request := await _read_request(reader):
                method_path, headers, body = request
                self.keys.append(headers.get("authorization", ""))
                if method_path == "POST /completion":
                    await self._complete(reader, writer, json.loads(body))
                    return
                _write_json(writer, 200, self._plain(method_path, body))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    def _plain(self, method_path: str, body: bytes) -> dict[str, Any]:
        if method_path == "POST /tokenize":
            asked = json.loads(body)
            if asked.get("parse_special"):
                return {"tokens": [100_000 + sum(map(ord, asked["content"])) % 50_000]}
            return {"tokens": list(asked["content"].encode())}
        return {"model_path": MODEL, "default_generation_settings": {"n_ctx": 4096}, "total_slots": 1}

    async def _complete(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
        self.completions.append(body)
        if self.status != 200:
            _write_json(writer, self.status, {"error": {"code": self.status, "message": "scripted"}})
            await writer.drain()
            return
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.sent.append(0)
        number = len(self.sent) - 1
        stream = asyncio.create_task(self._stream(writer, body, number))
        left = asyncio.create_task(reader.read(1))
        await asyncio.wait({stream, left}, return_when=asyncio.FIRST_COMPLETED)
        if not stream.done():
            self.cut += 1
            stream.cancel()
        left.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await stream
        self.inside -= 1

    async def _stream(self, writer: asyncio.StreamWriter, body: dict[str, Any], number: int) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        pieces = [*_forced(body), *self.pieces] if body["n_predict"] else []
        await asyncio.sleep(self.first_delay_s)
        for count, piece in enumerate(pieces):
            if self.drop_after is not None and count >= self.drop_after:
                writer.transport.abort()
                return
            _write_event(writer, {"content": piece, "stop": False, "timings": _timings(body, count + 1)})
            self.sent[number] += 1
            await writer.drain()
            await asyncio.sleep(self.piece_delay_s)
        _write_event(writer, {"content": "", "stop": True, "stop_type": "eos", "timings": _timings(body, len(pieces))})
        await writer.drain()


def _forced(body: dict[str, Any]) -> list[str]:
    literal = re.match(r'root ::= ("(?:[^"\\]|\\.)*")', body.get("grammar", ""))
    # What GBNF escapes, Python does too; everything else in a grammar is ASCII.
    return [literal[1][1:-1].encode().decode("unicode_escape")] if literal else []


def _timings(body: dict[str, Any], predicted: int) -> dict[str, Any]:
    prompt = len(body["prompt"])
    return {"prompt_n": prompt, "cache_n": 0, "prompt_ms": 1.0, "predicted_n": predicted, "predicted_ms": 1.0}


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes] | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return first.rsplit(" ", 1)[0], headers, body


def _write_json(writer: asyncio.StreamWriter, status: int, value: Any) -> None:
    body = json.dumps(value).encode()
    writer.write(
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    writer.write(body)


def _write_event(writer: asyncio.StreamWriter, value: Any) -> None:
    writer.write(f"data: {json.dumps(value)}\n\n".encode())


async def _main(text: list[str]) -> None:
    async with ScriptedLlama(pieces=text) as server:
        print(server.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("pieces", nargs="+")
    asyncio.run(_main(parser.parse_args().pieces))
