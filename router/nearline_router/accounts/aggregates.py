"""Sums by day, made from the rows of attempts and suggestions.

Days that are long over are kept as sums in `days`, `day_latencies` and `day_suggestions`, so that a report over a
million attempts reads some thousand lines. They are derived: a day whose rows changed since is added up again.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from sqlite3 import Connection, OperationalError

from nearline_router.accounts.period import DAY_US, Period, day_of, start_us
from nearline_router.accounts.sums import DAYS, LATENCIES, SUGGESTIONS
from nearline_router.ledger.database import connect

# So many days after its own a day is closed: what runs over midnight, or is looked at again later, has ended by then.
CLOSED_AFTER = timedelta(days=2)
THREADS = min(4, os.cpu_count() or 1)
TABLES = ("days", "day_latencies", "day_suggestions")
# One end a query: SQLite finds it without reading the whole index.
ENDS = (
    "SELECT min(opened_us) FROM attempts",
    "SELECT max(opened_us) FROM attempts",
    "SELECT min(shown_us) FROM suggestions",
    "SELECT max(shown_us) FROM suggestions",
)
FIRST_KEPT = "SELECT min(day) FROM closed_days"


def prepare(connection: Connection) -> None:
    """Make the connection's own, empty tables for sums, named and shaped as those of the ledger."""
    for table in TABLES:
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
        connection.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM main.{table} WHERE 0")  # noqa: S608 (constants)
    try:
        connection.execute("SELECT ln(1)")
    except OperationalError:  # SQLite can be built without mathematics
        connection.create_function("ln", 1, math.log, deterministic=True)


def add_up(connection: Connection, day: date) -> tuple[int, int]:
    """Put the sums of a day's rows into the connection's own tables; returns the greatest rowids that they contain."""
    bounds = _bounds(day)
    first, last = _rowids(connection, "attempts", "opened_us", bounds)
    values = {"day": str(day), "first": first, "last": last, **bounds}
    for statement in (DAYS, LATENCIES, SUGGESTIONS):
        connection.execute(statement, values)
    return last, _rowids(connection, "suggestions", "shown_us", bounds)[1]


def close_days(folder: Path, period: Period, today: date) -> int:
    """Keep the sums of the period's days that are over and not yet kept, or had rows that came late.

    Each day is a transaction of its own, so that processes that write the ledger wait for milliseconds only. Returns
    the number of days. Raises what `database.connect` raises, and sqlite3.Error where the ledger cannot be written.
    """
    with closing(connect(folder)) as connection:
        due = [day for day in changed_days(connection, period) if day + CLOSED_AFTER <= today]
    # SQLite works without the interpreter's lock: two cores take half the time for a month that nobody looked at yet.
    shares = [due[number::THREADS] for number in range(min(THREADS, len(due)))]
    with ThreadPoolExecutor(THREADS, "nearline-accounts") as threads:
        return sum(threads.map(partial(_close, folder), shares))


def _close(folder: Path, days: list[date]) -> int:
    with closing(connect(folder)) as connection:
        for day in days:
            prepare(connection)
            # Without it SQLite would be told to begin a transaction that writes the ledger.
            connection.execute("BEGIN")
            rowids = add_up(connection, day)
            connection.commit()
            _keep(connection, day, rowids)
    return len(days)


def changed_days(connection: Connection, period: Period) -> list[date]:
    """The days of a period that have rows, and whose sums are not kept or no longer right."""
    kept = {day: tuple(rest) for day, *rest in connection.execute("SELECT * FROM closed_days")}
    had_open = {day for (day,) in connection.execute("SELECT DISTINCT day FROM main.days WHERE outcome = 'open'")}
    return [
        day
        for day in days_with_rows(connection, period)
        if str(day) not in kept or not _right(connection, day, *kept[str(day)], had_open=str(day) in had_open)
    ]


def load(connection: Connection, period: Period) -> None:
    """Put all sums of a period into the connection's own tables, those of unchanged days from where they are kept."""
    changed = changed_days(connection, period)
    for table in TABLES:
        connection.execute(
            f"INSERT INTO temp.{table} SELECT * FROM main.{table} WHERE day BETWEEN ? AND ?"  # noqa: S608 (constants)
            f" AND day NOT IN ({', '.join('?' * len(changed))})",
            (str(period.first), str(period.last), *map(str, changed)),
        )
    for day in changed:
        add_up(connection, day)


def recorded(connection: Connection, period: Period, today: date) -> Period | None:
    """The days of a period since the ledger began, up to today; None: none of them."""
    begins = [start_us(date.fromisoformat(day)) for (day,) in connection.execute(FIRST_KEPT) if day]
    begins += [value for query in ENDS[::2] if (value := connection.execute(query).fetchone()[0]) is not None]
    first = max(period.first, day_of(min(begins))) if begins else period.last
    last = min(period.last, today)
    return Period(first, last) if begins and first <= last else None


def days_with_rows(connection: Connection, period: Period) -> list[date]:
    """The days between the first row and the last one; a period may be longer than there was a ledger."""
    ends = [value for query in ENDS if (value := connection.execute(query).fetchone()[0]) is not None]
    if not ends:
        return []
    first, last = max(period.first, day_of(min(ends))), min(period.last, day_of(max(ends)))
    return list(Period(first, last))


def _right(connection: Connection, day: date, attempts: int, suggestions: int, pruned: int, *, had_open: bool) -> bool:
    """Whether a day's kept sums contain all of its rows."""
    bounds = _bounds(day)
    return bool(pruned) or (
        _rowids(connection, "attempts", "opened_us", bounds)[1] == attempts
        and _rowids(connection, "suggestions", "shown_us", bounds)[1] == suggestions
        and not (had_open and _has_closed(connection, day))
    )


def _has_closed(connection: Connection, day: date) -> bool:
    """Whether an attempt that was open when the day was added up has ended since."""
    then = "SELECT sum(attempts) FROM main.days WHERE day = :day AND outcome = 'open'"
    now = "SELECT count(*) FROM attempts WHERE opened_us >= :since AND opened_us < :until AND outcome = 'open'"
    query = f"SELECT ({then}) <> ({now})"
    return bool(connection.execute(query, {"day": str(day), **_bounds(day)}).fetchone()[0])


def _bounds(day: date) -> dict[str, int]:
    return {"since": start_us(day), "until": start_us(day) + DAY_US}


def _rowids(connection: Connection, table: str, column: str, bounds: dict[str, int]) -> tuple[int, int]:
    query = f"SELECT min(rowid), max(rowid) FROM {table} WHERE {column} >= :since AND {column} < :until"  # noqa: S608
    first, last = connection.execute(query, bounds).fetchone()
    return first or 0, last or 0


def _keep(connection: Connection, day: date, rowids: tuple[int, int]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        # Another process may have removed the day's rows since these were read, and kept sums with more in them.
        if connection.execute("SELECT 1 FROM closed_days WHERE day = ? AND pruned", (str(day),)).fetchone():
            return
        for table in TABLES:
            connection.execute(f"DELETE FROM main.{table} WHERE day = ?", (str(day),))  # noqa: S608 (constants)
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM temp.{table}")  # noqa: S608 (constants)
        connection.execute("INSERT OR REPLACE INTO closed_days VALUES (?, ?, ?, 0)", (str(day), *rowids))
