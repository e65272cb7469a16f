"""`ledger.db`: opened and brought up to date, told apart from what is none, and moved out of the way if it is broken.

Everything here blocks; none of it is for an event loop.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from nearline_router.errors import RouterError
from nearline_router.ledger.recovery import recover
from nearline_router.ledger.schema import MIGRATIONS

FILE, LOCK = "ledger.db", "ledger.lock"
# Another process writes for milliseconds.
BUSY_S = 5.0
# What SQLite says of a file that is damaged, or was never a database.
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class NewerLedger(RouterError):
    """A newer Nearline has written the ledger; nothing is read or written."""


def connect(folder: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """The ledger in a folder, made if there is none, with what dead processes left in their journals.

    `read_only`: nothing can be written through the connection, and where there is no ledger, an empty one in memory
    takes its place. A transaction that writes begins with the right to. Raises sqlite3.Error, OSError, NewerLedger.
    """
    path = folder / FILE
    if read_only and not path.exists():
        return _in_memory()
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # SQLite gives its other files the mode of this one.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level="IMMEDIATE")
    try:
        _bring_up_to_date(connection, folder)
        connection.execute("PRAGMA synchronous = NORMAL")
        recover(connection, folder)
        connection.execute(f"PRAGMA query_only = {int(read_only)}")
    except BaseException:
        connection.close()
        raise
    return connection


def broken(error: Exception) -> bool:
    """Whether the file is damaged, and not only out of reach."""
    return _code(error) in BROKEN


def locked(error: Exception) -> bool:
    """Whether another process was at it, longer than `BUSY_S`."""
    return _code(error) == sqlite3.SQLITE_BUSY


def move_aside(folder: Path, clock: Callable[[], float] = time.time) -> Path | None:
    """Rename a damaged ledger to `ledger.db.corrupt-<UTC time>`, and say so; None if it is not damaged (any more).

    Raises OSError.
    """
    path = folder / FILE
    with FileLock(folder / LOCK, timeout=BUSY_S, mode=0o600):
        # Another process may have been here, and this be the new one.
        if _sound(path):
            return None
        aside = folder / f"{FILE}.corrupt-{datetime.fromtimestamp(clock(), UTC):%Y%m%dT%H%M%SZ}"
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + suffix))
    return aside


def _code(error: Exception) -> int:
    # An extended code has the plain one in its last byte.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for migration in MIGRATIONS:
        connection.executescript(migration)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _bring_up_to_date(connection: sqlite3.Connection, folder: Path) -> None:
    if _version(connection) == len(MIGRATIONS):
        return
    with FileLock(folder / LOCK, timeout=BUSY_S, mode=0o600):
        connection.execute("PRAGMA journal_mode = WAL")
        version = _version(connection)
        for number, migration in enumerate(MIGRATIONS[version:], version + 1):
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                for statement in _statements(migration):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        text = f"the ledger was written by a newer Nearline (version {version}, this one knows {len(MIGRATIONS)})"
        raise NewerLedger(text)
    return version


def _statements(script: str) -> Iterator[str]:
    """One by one, since `executescript` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_S)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError as error:
        return not broken(error)
