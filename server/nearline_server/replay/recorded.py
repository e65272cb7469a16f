"""What an endpoint did for a replay, from the ledger: the same on every machine, whichever endpoint completes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from nearline_router.ledger.database import connect
from nearline_server.replay.results import Work

# The prompts that are read in idle time have no client of their own: those of another window are counted here, too.
# Nobody's tokens are NULL of an attempt that was cut before its endpoint said anything.
WORK = """
SELECT coalesce(sum(input_tokens - coalesce(cached_tokens, 0)), 0), coalesce(sum(output_tokens), 0),
       coalesce(sum(coalesce(prefill_us, 0) + coalesce(decode_us, 0)), 0) / 1e6, coalesce(sum(energy_uj), 0) / 1e6
FROM attempts WHERE opened_us BETWEEN ? AND ? AND (client = ? OR warm_up = 1)
"""


def recorded_work(folder: Path, client: str, first_us: int, last_us: int) -> Work:
    """The work for this client in a span of Unix time; none where the ledger cannot be read."""
    try:
        with closing(connect(folder, read_only=True)) as connection:
            row = connection.execute(WORK, (first_us, last_us, client)).fetchone()
    except (sqlite3.Error, OSError):
        return Work()
    return Work(*row)
