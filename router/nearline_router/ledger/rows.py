"""Records as rows: the statements that write them, and their values in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from nearline_router.ledger.records import Attempt, Outcome, PriceInForce, Suggestion

_ATTEMPT = tuple(field.name for field in fields(Attempt))
_OUTCOME = tuple(field.name for field in fields(Outcome))
_SUGGESTION = tuple(field.name for field in fields(Suggestion))
_PRICE = tuple(field.name for field in fields(PriceInForce))
# What SQLite says of values that no column can hold.
_UNFIT = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, OverflowError, UnicodeError)
# What an attempt's row says until it is closed.
_UNTIL_CLOSED = {
    "outcome": "open",
    "error": "",
    "input_source": "none",
    "cached_source": "none",
    "output_source": "none",
    "cost_source": "unknown",
    "price_version": "",
    "energy_source": "none",
}


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _marks(names: tuple[str, ...]) -> str:
    return ", ".join("?" * len(names))


_until_closed = ", ".join(f"'{value}'" for value in _UNTIL_CLOSED.values())
OPEN = (
    f"INSERT OR IGNORE INTO attempts ({_names(_ATTEMPT)}, {_names(tuple(_UNTIL_CLOSED))}) "  # noqa: S608
    f"VALUES ({_marks(_ATTEMPT)}, {_until_closed})"
)
CLOSE = f"UPDATE attempts SET {', '.join(f'{name} = ?' for name in _OUTCOME)} WHERE id = ?"  # noqa: S608
SUGGESTION = f"INSERT OR REPLACE INTO suggestions ({_names(_SUGGESTION)}) VALUES ({_marks(_SUGGESTION)})"  # noqa: S608
# The newest one told again is no change; to SQL no NULL is another's equal, so a model is compared by IS.
PRICE = (
    f"INSERT INTO prices ({_names(_PRICE)}) "  # noqa: S608
    f"SELECT {', '.join(f'?{number}' for number in range(1, len(_PRICE) + 1))} "
    "WHERE ?1 IS NOT (SELECT version FROM prices WHERE endpoint = ?2 AND model IS ?3 AND since_us <= ?4 "
    "ORDER BY since_us DESC, rowid DESC LIMIT 1)"
)
EVENT = "INSERT INTO events (at_us, endpoint, kind, state, reason) VALUES (?, ?, ?, ?, ?)"
ANSWER = (
    "INSERT INTO answers (day, found, in_budget, count) VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET count = count + excluded.count"
)

opened = attrgetter(*_ATTEMPT)
_closed = attrgetter(*_OUTCOME)
suggested = attrgetter(*_SUGGESTION)
priced = attrgetter(*_PRICE)


def closed(attempt_id: str, outcome: Outcome) -> tuple[Any, ...]:
    """The values of CLOSE."""
    return (*_closed(outcome), attempt_id)


def execute(connection: sqlite3.Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> int:
    """Write rows; how many of them the database cannot hold, such as text with half a surrogate pair.

    For statements that may be repeated. Raises sqlite3.Error where the database is at fault.
    """
    together = list(rows)
    try:
        connection.executemany(statement, together)
    except _UNFIT:
        return sum(not _executed(connection, statement, row) for row in together)
    return 0


def _executed(connection: sqlite3.Connection, statement: str, row: tuple[Any, ...]) -> bool:
    try:
        connection.execute(statement, row)
    except _UNFIT:
        return False
    return True
