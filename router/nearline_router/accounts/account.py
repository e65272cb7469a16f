"""What a period cost and brought: every sum that a report shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from sqlite3 import Connection

from nearline_router.accounts.aggregates import load, prepare, recorded
from nearline_router.accounts.latency import Latency, latencies, latencies_by_day
from nearline_router.accounts.period import Period
from nearline_router.accounts.suggestions import Answers, Shown, answers, shown, shown_by
from nearline_router.accounts.usage import DIMENSIONS, DayUsage, Dimension, Group, Usage, by_day, grouped, totals

GHOST_TEXT = ("complete", "warm-up")


@dataclass(frozen=True, slots=True)
class Event:
    """A change of an endpoint's breaker or heat."""

    at_us: int
    endpoint: str
    kind: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Account:
    """All sums of a period. `recorded` are the days of it that the ledger knows anything of; None: none.

    `far` is what left for endpoints that are not local. `days` are by endpoint and `days_by` by `by`, in the order of
    days. `latencies` are by endpoint and task, `completion_latencies` those of completions by day.
    """

    period: Period
    recorded: Period | None
    by: Dimension
    local: Usage
    far: Usage
    groups: Mapping[Dimension, tuple[Group, ...]]
    days: tuple[DayUsage, ...]
    days_by: tuple[DayUsage, ...]
    latencies: Mapping[tuple[str, str], Latency]
    completion_latencies: Mapping[str, Latency]
    answers: Answers
    shown: Shown
    shown_by_language: Mapping[str, Shown]
    events: tuple[Event, ...]

    @property
    def usage(self) -> Usage:
        """Local and far together."""
        return self.local + self.far

    def local_days(self, endpoints: Collection[str] | None = None) -> dict[date, Usage]:
        """What stayed local by day, at these endpoints or at all."""
        found: dict[date, Usage] = {}
        for day in self.days:
            if day.local and (endpoints is None or day.name in endpoints):
                found[day.day] = found.get(day.day, Usage()) + day.usage
        return found

    @property
    def ghost_text(self) -> Usage:
        """What completions took, their warm-ups included."""
        tasks = [group.usage for group in self.groups["task"] if group.name in GHOST_TEXT]
        return sum(tasks, Usage())

    @property
    def nano_per_kept_1000(self) -> int | None:
        """The full cost of completions for a thousand characters that stayed in a document; None: nothing did."""
        kept = self.shown.kept_chars
        return round(self.ghost_text.full_nano * 1000 / kept) if kept else None


def account(connection: Connection, period: Period, today: date, by: Dimension = "endpoint") -> Account:
    """Add up a period, from kept sums where there are any and else from rows, as one moment saw them.

    Nothing of the ledger is written. Raises sqlite3.Error where it cannot be read.
    """
    with _own_tables(connection):
        load(connection, period)
        return _account(connection, period, today, by)


@contextmanager
def _own_tables(connection: Connection) -> Iterator[None]:
    """Empty tables of the connection's own, and one moment of the ledger for all that is read meanwhile."""
    # A connection that may not write the ledger may write no table at all.
    (query_only,) = connection.execute("PRAGMA query_only").fetchone()
    connection.execute("PRAGMA query_only = 0")
    prepare(connection)
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(f"PRAGMA query_only = {query_only}")


def _account(connection: Connection, period: Period, today: date, by: Dimension) -> Account:
    local = totals(connection)
    return Account(
        period=period,
        recorded=recorded(connection, period, today),
        by=by,
        local=local[True],
        far=local[False],
        groups={dimension: grouped(connection, dimension) for dimension in DIMENSIONS},
        days=by_day(connection, "endpoint"),
        days_by=by_day(connection, by),
        latencies=latencies(connection),
        completion_latencies=latencies_by_day(connection, "complete"),
        answers=answers(connection, period),
        shown=shown(connection),
        shown_by_language=shown_by(connection, "language"),
        events=_events(connection, period),
    )


def _events(connection: Connection, period: Period) -> tuple[Event, ...]:
    query = "SELECT at_us, endpoint, kind, state, reason FROM events WHERE at_us >= ? AND at_us < ? ORDER BY at_us"
    return tuple(Event(*row) for row in connection.execute(query, (period.since_us, period.until_us)))
