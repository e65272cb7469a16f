"""A file opened, looked at, edited by a session, and closed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nearline_server.replay.player import Player
from nearline_server.replay.score import Tally
from nearline_server.replay.session import Session
from nearline_server.replay.window import Window

# A person opens a file, looks, and begins; a server can read the prompt meanwhile.
LOOK_S = 1.5


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of it, and the milliseconds from each request to its answer."""

    tally: Tally
    request_ms: tuple[float, ...]


async def visit(window: Window, session: Session, settled: Callable[[], Awaitable[None]]) -> Visit:
    """Play a session in a file of its own. `settled` waits behind the last key until nothing goes on any more.

    Raises an ExceptionGroup of what went wrong in requests.
    """
    window.request_ms = []
    await window.begin(session.file, session.text, session.cursors[0])
    await asyncio.sleep(LOOK_S)
    tally = await Player(window, session, time.perf_counter).run()
    await settled()
    await window.end()
    return Visit(tally, tuple(window.request_ms))
