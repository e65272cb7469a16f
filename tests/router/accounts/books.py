"""A ledger with the rows that a test wants, everything else in them as it mostly is."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from nearline_router.accounts.account import Account, account
from nearline_router.accounts.period import Period, start_us
from nearline_router.accounts.usage import Dimension
from nearline_router.ledger.database import connect

NOVEMBER = Period.month("2026-11")
# Long after: every day of November can be closed.
LATER = date(2027, 1, 1)
HOUR_US = 3_600_000_000
ATTEMPT: dict[str, Any] = {
    "number": 1, "closed_us": 1, "client": "Neovim", "task": "complete", "warm_up": 0, "endpoint": "studio",
    "provider": "llamacpp", "model": "coder", "local": 1, "rule": "latency", "residency": "", "complexity": "routine",
    "characters": 100, "max_output_tokens": 32, "outcome": "answered", "error": "", "input_tokens": 100,
    "cached_tokens": 0, "output_tokens": 10, "input_source": "exact", "cached_source": "exact",
    "output_source": "exact", "marginal_nano": 1_000_000, "full_nano": 2_000_000, "cost_source": "exact",
    "price_version": "", "energy_source": "none", "cost_centre": "default", "repository": "shop",
    "language": "python",
}  # fmt: skip
SUGGESTION: dict[str, Any] = {
    "language": "python", "repository": "shop", "chars": 20, "found": "model", "latency_us": 90_000,
    "budget_us": 150_000, "accepted_chars": 0, "whole": 0,
}  # fmt: skip


class Books:
    """Writes into the ledger of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)
        self._connection = connect(folder)

    def close(self) -> None:
        """No more of it."""
        self._connection.close()

    def attempt(self, day: str, **columns: Any) -> str:
        """A row of an attempt at noon of a day, and its request's name; NULL where nothing is said."""
        number = next(self._numbers)
        names = {"id": f"a{number}", "request": f"r{number}", "opened_us": noon_us(day)}
        self.insert("attempts", names | ATTEMPT | columns)
        return f"r{number}"

    def suggestion(self, day: str, **columns: Any) -> None:
        """A row of a suggestion."""
        number = next(self._numbers)
        names = {"id": f"s{number}", "request": f"r{number}", "shown_us": noon_us(day)}
        self.insert("suggestions", names | SUGGESTION | columns)

    def insert(self, table: str, values: dict[str, Any]) -> None:
        """A row of any table."""
        marks = ", ".join("?" * len(values))
        self.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", *values.values())  # noqa: S608

    def execute(self, statement: str, *values: Any) -> None:
        """Change something."""
        with self._connection:
            self._connection.execute(statement, values)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the ledger has."""
        return self._connection.execute(query).fetchall()

    def account(self, period: Period = NOVEMBER, today: date = LATER, by: Dimension = "endpoint") -> Account:
        """What it adds up to."""
        with closing(connect(self.folder, read_only=True)) as connection:
            return account(connection, period, today, by)


def noon_us(day: str) -> int:
    """Unix time in microseconds."""
    return start_us(date.fromisoformat(day)) + 12 * HOUR_US
