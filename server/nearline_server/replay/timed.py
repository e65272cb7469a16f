"""Sessions one after the other for a time, in one window of the real server, and what the ledger has of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearline_server.replay.files import SourceFile
from nearline_server.replay.recorded import recorded_work
from nearline_server.replay.results import Result
from nearline_server.replay.session import Session, session_for
from nearline_server.replay.visit import Visit, visit
from nearline_server.replay.window import LspWindow

KEYS = 60
# Behind the last key the server reads ahead, as it does when a hand rests.
SETTLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Played:
    """A session that is over, what came of it, and when it was, in Unix time."""

    session: Session
    seen: Visit
    first_us: int
    last_us: int

    def result(self, strategy: str, ledger: Path, client: str) -> Result:
        """With the work that the ledger in this folder has for the client; reads a file."""
        work, file = recorded_work(ledger, client, self.first_us, self.last_us), self.session.file
        name = f"{self.first_us} {file.name}"
        return Result(strategy, name, file.language, self.seen.tally, work, self.seen.request_ms)


async def play_for(
    seconds: float, window: LspWindow, sessions: Iterator[Session], on_played: Callable[[Played], None]
) -> list[Played]:
    """Sessions until the time is over; one that has begun is played to its end.

    Raises an ExceptionGroup of what went wrong in requests.
    """
    end_s, played = time.monotonic() + seconds, list[Played]()
    while not played or time.monotonic() < end_s:
        session, first_us = next(sessions), _now_us()
        seen = await visit(window, session, lambda: asyncio.sleep(SETTLE_S))
        played.append(Played(session, seen, first_us, _now_us()))
        on_played(played[-1])
    return played


def sessions_in(files: Sequence[SourceFile], seed: int) -> Iterator[Session]:
    """Sessions for ever, in the order of those files that something can be taken out of; none if there are none."""
    first = [file for file in files if session_for(file, seed, KEYS)]
    while first:
        for file in first:
            if session := session_for(file, seed, KEYS):
                yield session
        seed += 1


def _now_us() -> int:
    return time.time_ns() // 1000
