"""Looking at what the other processes say of themselves, and at the ledger, for as long as somebody watches."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from nearline_router.engine.state import EngineState, running_engines, runtime_dir
from nearline_router.errors import RouterError
from nearline_router.learned import state_dir
from nearline_router.ledger.database import FILE, connect
from nearline_router.live import live_states
from nearline_server.dashboard.today import RECENT_US, Today, today


@dataclass(frozen=True, slots=True)
class Now:
    """How everything is: what `Router.snapshot` of each window says, the engines that run, and the ledger's today."""

    at_us: int
    windows: list[dict[str, Any]]
    engines: list[EngineState]
    today: Today


class Watch:
    """Looks when it is asked, in a thread of its own, which keeps the ledger open between two looks.

    `clock` is Unix time.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._state, self._clock = state_dir(), clock
        self._thread = ThreadPoolExecutor(1, "nearline-dashboard")
        self._connection: sqlite3.Connection | None = None
        self._seen: tuple[int, int] | None = None
        self._today = Today()

    async def now(self) -> Now:
        """One look."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._look)

    def close(self) -> None:
        """Let go of the ledger; blocks until the last look is over."""
        self._thread.submit(self._let_go).result()
        self._thread.shutdown()

    def _look(self) -> Now:
        at_us = int(self._clock() * 1_000_000)
        return Now(at_us, live_states(runtime_dir()), running_engines(), self._ledger(at_us))

    def _ledger(self, at_us: int) -> Today:
        if not (self._state / FILE).exists():
            self._let_go()
            return Today()
        try:
            return self._read(at_us)
        except (sqlite3.Error, OSError, RouterError) as error:
            self._let_go()
            return Today(trouble=str(error))

    def _read(self, at_us: int) -> Today:
        """The sums, anew where somebody has written since, and once a minute, as time goes on without rows too."""
        self._connection = self._connection or connect(self._state, read_only=True)
        seen = self._connection.execute("PRAGMA data_version").fetchone()[0], at_us * 15 // RECENT_US
        if seen != self._seen:
            self._today, self._seen = today(self._connection, at_us), seen
        return self._today

    def _let_go(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = self._seen = None
