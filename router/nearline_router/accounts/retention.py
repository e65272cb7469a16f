"""What is taken out of the ledger: rows that grew old, and whatever its owner wants forgotten."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from sqlite3 import Connection

from nearline_router.accounts.aggregates import close_days, days_with_rows
from nearline_router.accounts.period import Period, start_us
from nearline_router.ledger.database import connect

# Its column of time, and whether it is a day or an instant. Prices stay: they say nothing of anybody's work.
TIMES = {
    "attempts": "opened_us",
    "suggestions": "shown_us",
    "events": "at_us",
    "answers": "day",
    "days": "day",
    "day_latencies": "day",
    "day_suggestions": "day",
    "closed_days": "day",
}
OF_REPOSITORIES = ("attempts", "suggestions", "days", "day_suggestions")
LONG_AGO = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows are gone, and how many lines of sums by day."""

    attempts: int = 0
    suggestions: int = 0
    sums: int = 0


def prune(folder: Path, before: date, today: date) -> Removed:
    """Remove the rows of the days before one; what they add up to is kept.

    Days that are not closed yet stay. Raises what `database.connect` raises, and sqlite3.Error.
    """
    old = Period(LONG_AGO, before - timedelta(days=1))
    close_days(folder, old, today)
    attempts = suggestions = 0
    with closing(connect(folder)) as connection:
        closed = {day for (day,) in connection.execute("SELECT day FROM closed_days")}
        # A day a transaction: processes that write the ledger wait for milliseconds only.
        for day in days_with_rows(connection, old):
            if str(day) in closed:
                with connection:
                    attempts += _delete_day(connection, "attempts", day)
                    suggestions += _delete_day(connection, "suggestions", day)
                    connection.execute("UPDATE closed_days SET pruned = 1 WHERE day = ?", (str(day),))
        with connection:
            connection.execute("DELETE FROM events WHERE at_us < ?", (start_us(before),))
            _forget_earlier_months(connection, today)
    return Removed(attempts, suggestions)


def forget(folder: Path, today: date, *, before: date | None = None, repository: str | None = None) -> Removed:
    """Remove rows and sums: of the days before one, of one repository, or of both; without either, all there are.

    Nothing of them stays in the file. What no table keeps by repository (latencies of days whose rows are gone, counts
    of answers) stays where a repository is forgotten. What this month's rows had cost is kept until the month is over,
    by day and cost centre: budgets and caps are limits of money, which is spent whether it is remembered or not.
    Raises what `database.connect` raises, and sqlite3.Error.
    """
    with closing(connect(folder)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            _forget_earlier_months(connection, today)
            _keep_spending(connection, today, before, repository)
            counts = {table: _forget(connection, table, before, repository) for table in _tables(repository)}
            if repository is not None:
                # They are made again from the rows that are left.
                again = "day IN (SELECT day FROM closed_days WHERE NOT pruned)"
                connection.execute(f"DELETE FROM day_latencies WHERE {again}")  # noqa: S608 (constants)
                connection.execute("DELETE FROM closed_days WHERE NOT pruned")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sums = sum(counts[table] for table in ("days", "day_suggestions"))
    return Removed(counts["attempts"], counts["suggestions"], sums)


def _tables(repository: str | None) -> tuple[str, ...]:
    return tuple(TIMES) if repository is None else OF_REPOSITORIES


def _keep_spending(connection: Connection, today: date, before: date | None, repository: str | None) -> None:
    month = today.replace(day=1)
    sources = (
        ("attempts", "date(opened_us / 1000000, 'unixepoch')", "opened_us >= ?", start_us(month)),
        ("days", "day", "day IN (SELECT day FROM closed_days WHERE pruned) AND day >= ?", str(month)),
    )
    for table, day, of_month, since in sources:
        where, values = _where(table, before, repository)
        connection.execute(
            f"INSERT INTO forgotten_spending SELECT {day}, cost_centre, SUM(marginal_nano) FROM {table} "  # noqa: S608
            f"WHERE {of_month} AND local = 0 AND marginal_nano IS NOT NULL AND {where} GROUP BY 1, 2 "
            "ON CONFLICT DO UPDATE SET marginal_nano = marginal_nano + excluded.marginal_nano",
            (since, *values),
        )


def _forget_earlier_months(connection: Connection, today: date) -> None:
    connection.execute("DELETE FROM forgotten_spending WHERE day < ?", (str(today.replace(day=1)),))


def _forget(connection: Connection, table: str, before: date | None, repository: str | None) -> int:
    where, values = _where(table, before, repository)
    return connection.execute(f"DELETE FROM {table} WHERE {where}", values).rowcount  # noqa: S608 (constants)


def _where(table: str, before: date | None, repository: str | None) -> tuple[str, list[object]]:
    conditions, values = ["1"], list[object]()
    if before is not None:
        conditions.append(f"{TIMES[table]} < ?")
        values.append(str(before) if TIMES[table] == "day" else start_us(before))
    if repository is not None:
        conditions.append("repository = ?")
        values.append(repository)
    return " AND ".join(conditions), values


def _delete_day(connection: Connection, table: str, day: date) -> int:
    column = TIMES[table]
    bounds = start_us(day), start_us(day + timedelta(days=1))
    return connection.execute(f"DELETE FROM {table} WHERE {column} >= ? AND {column} < ?", bounds).rowcount  # noqa: S608
