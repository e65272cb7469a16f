"""A TCP proxy that puts a network's round trip between two ends of this machine: real sockets, every byte late."""

from __future__ import annotations

import asyncio
from contextlib import suppress

# Keeps in order what was read within one tick of the clock.
TICK_S = 1e-6


class DelayingProxy:
    """Delays every byte by half of `rtt_ms` each way, and what a connection carries first by one more round trip.

    The last is what the opening of a TCP connection costs, which over loopback is there at once.
    """

    def __init__(self, port: int, rtt_ms: float) -> None:
        self._target_port = port
        self._rtt_s = rtt_ms / 1000
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.connections = 0
        self.port = 0

    async def __aenter__(self) -> DelayingProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End every connection, both ways."""
        for writer in self._writers:
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened_s = asyncio.get_running_loop().time() + self._rtt_s
        there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
        ends = {writer, back}
        self._writers |= ends
        try:
            await asyncio.gather(self._carry(reader, back, opened_s), self._carry(there, writer, opened_s))
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opened_s: float) -> None:
        loop, due_s = asyncio.get_running_loop(), opened_s
        with suppress(ConnectionError):
            while data := await reader.read(2**16):
                due_s = max(loop.time() + self._rtt_s / 2, opened_s + self._rtt_s / 2, due_s + TICK_S)
                loop.call_at(due_s, _write, writer, data)
        await asyncio.sleep(due_s + TICK_S - loop.time())
        writer.close()


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)
