"""What processes that died had told the ledger: read from their journals into the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from filelock import FileLock, Timeout

from nearline_router.ledger.encoding import decoded
from nearline_router.ledger.journal import FOLDER, left_behind, records
from nearline_router.ledger.rows import OPEN, execute, opened

# Whoever else reads them has done so by then.
RECOVERY_S = 5.0


def recover(connection: sqlite3.Connection, folder: Path) -> int:
    """How many attempts there were; they are open rows now, if the database did not have them. Then they are removed.

    Raises sqlite3.Error, OSError.
    """
    if not left_behind(folder):
        return 0
    try:
        with FileLock(folder / FOLDER / "recovery.lock", timeout=RECOVERY_S, mode=0o600):
            return sum(_recover(connection, path) for path in left_behind(folder))
    except Timeout:
        return 0


def _recover(connection: sqlite3.Connection, path: Path) -> int:
    attempts = [attempt for record in records(path.read_bytes()) if (attempt := decoded(record))]
    with connection:
        execute(connection, OPEN, map(opened, attempts))
    path.unlink()
    return len(attempts)
