"""What the ledger has of a provider's attempts."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import NamedTuple

from nearline_router.reconcile.amounts import Amounts

# An attempt that failed before the endpoint counted anything is not billed. Where no attempt was made at an endpoint of
# the provider itself, it was reached as any OpenAI-compatible one. The full price is the one on the bill.
QUERY = """
SELECT opened_us, coalesce(closed_us, opened_us), coalesce(model, ''), input_tokens, output_tokens,
       coalesce(full_nano, marginal_nano)
FROM attempts
WHERE local = 0 AND opened_us >= ? AND opened_us < ? AND provider = ?
  AND NOT (outcome = 'failed' AND input_source != 'exact' AND output_source != 'exact')
ORDER BY opened_us
"""
STAND_IN = "openai-compatible"


class Recorded(NamedTuple):
    """One attempt: from when to when (Unix microseconds), of which model, and how much."""

    opened_us: int
    closed_us: int
    model: str
    amounts: Amounts

    @property
    def at(self) -> datetime:
        """When it was opened, in UTC."""
        return datetime.fromtimestamp(self.opened_us / 1e6, UTC)


def recorded(connection: sqlite3.Connection, provider: str, since_us: int, until_us: int) -> list[Recorded]:
    """The attempts of a provider in a time, the oldest first. Raises sqlite3.Error."""
    for name in (provider, STAND_IN):
        rows = connection.execute(QUERY, (since_us, until_us, name)).fetchall()
        if rows:
            return [Recorded(row[0], row[1], row[2], Amounts(1, *row[3:])) for row in rows]
    return []
