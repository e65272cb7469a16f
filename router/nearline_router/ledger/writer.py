"""The one thread of a process that writes to `ledger.db`; what goes wrong is said once, and tried again."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from nearline_router.ledger.backlog import Backlog
from nearline_router.ledger.database import FILE, broken, connect, locked, move_aside
from nearline_router.ledger.records import Totals
from nearline_router.ledger.totals import Sums

log = logging.getLogger("nearline")


class Writer:
    """Writes a backlog to the ledger in a folder. `clock` is Unix time. For one thread.

    `on_totals` gets the sums of all processes after each time that something was written, on that thread.
    """

    def __init__(self, folder: Path, clock: Callable[[], float], on_totals: Callable[[Totals], None]) -> None:
        self._folder = folder
        self._clock = clock
        self._on_totals = on_totals
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._sums = Sums()
        self._told: set[str] = set()
        self._waits = False
        self.trouble = ""

    def write(self, backlog: Backlog) -> bool:
        """Whether everything is in the database now; if not, `trouble` says why, and the backlog has it still."""
        try:
            self._write(backlog)
        except Exception as error:  # noqa: BLE001 (nothing that goes wrong here may stop anything else)
            self._failed(error)
            backlog.shorten()
            return False
        if self.trouble:
            log.info("attempts are recorded again")
        self.trouble, self._waits = "", False
        return True

    def close(self) -> None:
        """Let go of the database."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _write(self, backlog: Backlog) -> None:
        connection = self._connected()
        backlog.write(connection)
        self._on_totals(self._sums.read(connection, self._clock(), backlog.clear()))

    def _connected(self) -> sqlite3.Connection:
        path = self._folder / FILE
        # The file may have been moved aside by another process, or removed by its owner.
        if self._connection is None or not path.exists() or path.stat().st_ino != self._inode:
            self.close()
            self._connection = connect(self._folder)
            self._inode = path.stat().st_ino
        return self._connection

    def _failed(self, error: Exception) -> None:
        self.close()
        if broken(error) and self._moved_aside():
            return
        # Others may write all the time for a while, and that is their right.
        waits, self._waits = self._waits, locked(error)
        if self._waits and not waits:
            return
        self._tell(getattr(error, "strerror", None) or str(error) or type(error).__name__)

    def _moved_aside(self) -> bool:
        try:
            aside = move_aside(self._folder, self._clock)
        except OSError as error:
            self._tell(f"it is damaged and cannot be moved ({error.strerror or type(error).__name__})")
            return True
        if aside:
            log.warning("the ledger was damaged: it is kept as %s, and a new one is begun", aside)
        return True

    def _tell(self, why: str) -> None:
        self.trouble = f"attempts cannot be recorded in {self._folder / FILE}: {why}"
        if self.trouble not in self._told:
            log.warning("%s", self.trouble)
        self._told.add(self.trouble)
