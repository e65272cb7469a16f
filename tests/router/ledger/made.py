"""Attempts and outcomes as tests want them, and what a ledger has of them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from nearline_router.ledger.database import connect
from nearline_router.ledger.records import Attempt, Outcome, Suggestion

# 2026-11-23, 12:00 UTC.
NOON_S = 1_795_435_200.0
DAY_S = 86_400.0

_ATTEMPT: dict[str, Any] = {
    "request": "r", "number": 1, "opened_us": round(NOON_S * 1e6), "client": "library", "task": "ask",
    "warm_up": False, "endpoint": "far", "provider": "openai", "model": None, "local": False, "rule": "cost",
    "residency": "", "complexity": "", "budget_us": None, "characters": 2, "max_output_tokens": 8,
    "predicted_ttft_us": None, "predicted_nano": None, "queued_us": 0, "cost_centre": "default", "repository": "",
    "language": "",
}  # fmt: skip


def attempt(name: str, **values: Any) -> Attempt:
    """At noon, at an endpoint that is not local."""
    return Attempt(**{**_ATTEMPT, "id": name, **values})


def outcome(**values: Any) -> Outcome:
    """A whole answer."""
    return Outcome(**{"closed_us": round(NOON_S * 1e6) + 1, "outcome": "answered", **values})


def suggestion(name: str, **values: Any) -> Suggestion:
    """One that was shown at noon."""
    known: dict[str, Any] = {"request": "r", "shown_us": round(NOON_S * 1e6), "language": "python", "repository": ""}
    return Suggestion(
        **{**known, "id": name, "chars": 20, "found": "model", "latency_us": 9, "budget_us": None, **values}
    )


def rows(folder: Path, query: str = "SELECT id, outcome FROM attempts ORDER BY rowid") -> list[tuple[Any, ...]]:
    """What a reader finds."""
    with closing(connect(folder, read_only=True)) as connection:
        return connection.execute(query).fetchall()
