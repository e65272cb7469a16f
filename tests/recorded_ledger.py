"""A ledger with rows that a test makes up, one by one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any

from nearline_router.ledger.schema import MIGRATIONS

ATTEMPT: Mapping[str, Any] = {
    "number": 1, "opened_us": 0, "closed_us": None, "client": "cli", "task": "complete", "warm_up": 0,
    "endpoint": "far", "provider": "openrouter", "model": "m", "local": 0, "rule": "cost", "residency": "",
    "complexity": "routine", "budget_us": None, "characters": 400, "max_output_tokens": 64,
    "predicted_ttft_us": None, "predicted_nano": None, "outcome": "answered", "error": "", "input_tokens": 100,
    "cached_tokens": 0, "output_tokens": 20, "input_source": "exact", "cached_source": "exact",
    "output_source": "exact", "queued_us": 0, "ttft_us": 300_000, "total_us": 500_000, "prefill_us": None,
    "decode_us": None, "marginal_nano": 1_000, "full_nano": 1_000, "cost_source": "exact", "price_version": "",
    "energy_uj": None, "energy_source": "none", "cost_centre": "default", "repository": "project",
    "language": "python",
}  # fmt: skip


class RecordedLedger:
    """The tables of the ledger in a connection, in memory unless another is given."""

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        self.connection = connection or sqlite3.connect(":memory:")
        if not self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'attempts'").fetchone():
            for step in MIGRATIONS:
                self.connection.executescript(step)
        self._numbers = count(1)

    def attempt(self, at: str | int, **columns: Any) -> None:
        """One attempt: `at` is ISO 8601 with an offset, or Unix microseconds; by default a request of its own."""
        number = next(self._numbers)
        opened_us = at if isinstance(at, int) else round(datetime.fromisoformat(at).timestamp() * 1_000_000)
        total_us = columns.get("total_us", ATTEMPT["total_us"])
        row = {"id": f"a{number}", "request": f"r{number}"} | dict(ATTEMPT) | {"opened_us": opened_us}
        row |= {"closed_us": opened_us + (total_us or 0)} | columns
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        insert = f"INSERT INTO attempts ({names}) VALUES ({marks})"  # noqa: S608 (columns of a test)
        self.connection.execute(insert, tuple(row.values()))
        self.connection.commit()
