"""What was spent this day and this month, by all processes that write to the ledger."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import UTC, datetime

from nearline_router.ledger.records import Totals

# Answered by the index `attempts_spent` alone.
SPENT = """
SELECT cost_centre, SUM(marginal_nano) FROM attempts
WHERE local = 0 AND opened_us >= ? AND opened_us < ? AND marginal_nano IS NOT NULL GROUP BY cost_centre
"""
# Of days whose rows were removed when they grew old; a budget's month may be longer than they are kept.
PRUNED = """
SELECT cost_centre, SUM(marginal_nano) FROM days JOIN closed_days USING (day)
WHERE pruned = 1 AND local = 0 AND day >= ? GROUP BY cost_centre
"""
# Rows that their owner wanted forgotten; the money is spent all the same.
FORGOTTEN = """
SELECT cost_centre, SUM(marginal_nano) FROM forgotten_spending WHERE day >= ? AND day < ? GROUP BY cost_centre
"""
# Days that are over change only where an attempt went on over midnight.
EARLIER_DAYS_S = 60.0
END_OF_TIME_US, END_OF_TIME = 2**62, "9999-12-31"


class Sums:
    """Reads the sums; those of the month's days that are over are kept for a minute."""

    def __init__(self) -> None:
        self._earlier: Counter[str] = Counter()
        self._day_us = -1
        self._read_s = 0.0

    def read(self, connection: sqlite3.Connection, now_s: float, settled: frozenset[str] = frozenset()) -> Totals:
        """As of a Unix time, its day and month in UTC. Raises sqlite3.Error."""
        with connection:
            # One moment's sums: another process may just move what was spent from one table to another.
            connection.execute("BEGIN")
            return self._read(connection, now_s, settled)

    def _read(self, connection: sqlite3.Connection, now_s: float, settled: frozenset[str]) -> Totals:
        midnight = datetime.fromtimestamp(now_s, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        day_us, month_us = (round(start.timestamp()) * 1_000_000 for start in (midnight, midnight.replace(day=1)))
        if day_us != self._day_us or not 0 <= now_s - self._read_s < EARLIER_DAYS_S:
            pruned = connection.execute(PRUNED, (f"{midnight:%Y-%m}-01",)).fetchall()
            forgotten = _forgotten(connection, f"{midnight:%Y-%m}-01", f"{midnight:%Y-%m-%d}")
            self._earlier = _spent(connection, month_us, day_us) + Counter(dict(pruned)) + forgotten
            self._day_us, self._read_s = day_us, now_s
        day = _spent(connection, day_us, END_OF_TIME_US) + _forgotten(connection, f"{midnight:%Y-%m-%d}", END_OF_TIME)
        return Totals(dict(day), dict(self._earlier + day), int(now_s * 1e6), settled)


def _spent(connection: sqlite3.Connection, from_us: int, to_us: int) -> Counter[str]:
    return Counter(dict(connection.execute(SPENT, (from_us, to_us)).fetchall()))


def _forgotten(connection: sqlite3.Connection, since: str, until: str) -> Counter[str]:
    return Counter(dict(connection.execute(FORGOTTEN, (since, until)).fetchall()))
