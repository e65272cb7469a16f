"""A knock between windows: look again, something changed.

A datagram on the loopback interface, because that is the one wake-up that every system has. It says nothing and is
believed nothing: who is woken looks for itself, so a forged or a lost knock costs a look or a few milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterable

HOST = "127.0.0.1"


class Bell:
    """What a window that waits listens to. `port` is 0 where sockets are forbidden: then only time wakes it."""

    def __init__(self) -> None:
        self.port = 0
        self._socket: socket.socket | None = None

    def __enter__(self) -> Bell:
        """Begin to listen; a knock before `rung` is called is not lost."""
        with contextlib.suppress(OSError):
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.bind((HOST, 0))
            self.port = self._socket.getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket:
            self._socket.close()

    async def rung(self, at_most_s: float) -> None:
        """Return at the next knock, or after `at_most_s`."""
        try:
            async with asyncio.timeout(at_most_s):
                await self._knocked()
        except TimeoutError:
            return

    async def _knocked(self) -> None:
        if self._socket and self.port:
            with contextlib.suppress(OSError):
                await asyncio.get_running_loop().sock_recv(self._socket, 1)
                return
        await asyncio.Event().wait()


def knock(ports: Iterable[int]) -> None:
    """Wake who listens at these ports; 0 stands for nobody."""
    # A socket that listens must not send: on Windows the refusal of a closed port would end its listening.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for port in filter(None, ports):
            sender.sendto(b"\n", (HOST, port))
