"""How ghost text fared: in time, accepted, kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Connection

from nearline_router.accounts.period import Period

SUMS = """coalesce(sum(shown), 0), coalesce(sum(in_budget), 0), coalesce(sum(chars), 0), coalesce(sum(accepted), 0),
    coalesce(sum(whole), 0), coalesce(sum(accepted_chars), 0), coalesce(sum(looked_chars), 0),
    coalesce(sum(kept_chars), 0)"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Suggestions that were shown. `in_budget` of them in time; `whole` of those `accepted`, the others in part.

    Of `accepted_chars` characters `looked_chars` were looked at again, 30 seconds to 10 minutes later, and of these
    `kept_chars` still stood in the document.
    """

    count: int = 0
    in_budget: int = 0
    chars: int = 0
    accepted: int = 0
    whole: int = 0
    accepted_chars: int = 0
    looked_chars: int = 0
    kept_chars: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to inline requests, the empty ones included: how many of them in time, how many found where."""

    count: int
    in_budget: int
    found: Mapping[str, int]


def shown(connection: Connection) -> Shown:
    """What is in `temp.day_suggestions`."""
    return Shown(*connection.execute(f"SELECT {SUMS} FROM temp.day_suggestions").fetchone())  # noqa: S608 (constants)


def shown_by(connection: Connection, column: str) -> dict[str, Shown]:
    """What is in `temp.day_suggestions` by language, repository, day or where it was found; the most shown first."""
    query = f"SELECT {column}, {SUMS} FROM temp.day_suggestions GROUP BY 1 ORDER BY sum(shown) DESC, 1"  # noqa: S608
    return {name: Shown(*sums) for name, *sums in connection.execute(query)}


def answers(connection: Connection, period: Period) -> Answers:
    """The counts of a period's days."""
    query = "SELECT found, sum(count), sum(count * in_budget) FROM answers WHERE day BETWEEN ? AND ? GROUP BY 1"
    rows = connection.execute(f"{query} ORDER BY 2 DESC, 1", (str(period.first), str(period.last))).fetchall()
    return Answers(
        sum(count for _, count, _ in rows),
        sum(in_budget for _, _, in_budget in rows),
        {found: count for found, count, _ in rows},
    )
