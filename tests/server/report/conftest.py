"""A report with something of everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearline_router.accounts.period import Period
from nearline_router.accounts.usage import Dimension
from nearline_router.config.models import RouterConfig
from nearline_server.report.contents import Report
from nearline_server.report.make import make_report
from tests.router.accounts.books import HOUR_US, NOVEMBER, Books, noon_us

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
CONFIG = RouterConfig.model_validate(
    {
        "endpoints": {
            "studio": {"provider": "llamacpp", "host": "http://studio.lan:8080", "local": True, "hardware": {}},
            "far": {"provider": "openrouter", "model": "big", "input_cost_per_mtok": 0.4, "output_cost_per_mtok": 1.2},
        }
    }
)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Of a ledger with a few days of November."""
    books = Books(tmp_path / "state")
    yield books

    books.close()


def fill(books: Books) -> None:
    """Some of everything."""
    for day in ("2026-11-02", "2026-11-03", "2026-11-05"):
        books.attempt(day, decode_us=HOUR_US, prefill_us=0, ttft_us=70_000, full_nano=2 * 10**9)
        books.attempt(day, local=0, endpoint="far", model="big", task="explain", full_nano=3 * 10**9, repository="web")
        books.suggestion(day, accepted_us=1, accepted_chars=20, whole=1, kept_600s=15)
        books.insert("answers", {"day": day, "found": "model", "in_budget": 1, "count": 5})
    books.attempt("2026-11-05", local=0, endpoint="far", full_nano=None, marginal_nano=None, cost_source="unknown")
    event = {"at_us": noon_us("2026-11-03"), "endpoint": "far", "kind": "breaker", "state": "open", "reason": "slow"}
    books.insert("events", event)


def made(books: Books, period: Period = NOVEMBER, by: Dimension = "endpoint") -> Report:
    """The report on what is in them."""
    return make_report(books.folder, CONFIG, period, NOW, by)
