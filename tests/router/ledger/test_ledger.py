"""The ledger as it is told: what is in the database afterwards, in what order, and what its sums are."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from nearline_router.accounts.retention import prune
from nearline_router.ledger import Ledger
from nearline_router.ledger.database import FILE, connect
from nearline_router.ledger.journal import FOLDER
from nearline_router.ledger.records import PriceInForce, Totals
from nearline_router.ledger.totals import SPENT
from tests.router.ledger.made import DAY_S, NOON_S, attempt, outcome, rows, suggestion
from tests.waiting import wait_until


def ledger_in(folder: Path, seen: list[Totals] | None = None) -> Ledger:
    """One for which it is noon."""
    return Ledger(folder, lambda: NOON_S, (seen if seen is not None else []).append)


def test_an_attempt_is_in_the_journal_when_open_returns(tmp_path: Path) -> None:
    """What comes later is only that others can read it."""
    ledger_in(tmp_path).open(attempt("a"))
    [journal] = (tmp_path / FOLDER).glob("*.journal")

    assert b'"a"' in journal.read_bytes()


def test_what_was_told_is_written_by_itself(tmp_path: Path) -> None:
    """Nobody has to flush."""
    ledger = ledger_in(tmp_path)
    ledger.open(attempt("a"))

    wait_until(lambda: rows(tmp_path) == [("a", "open")], "the row")


def test_a_row_has_everything_of_its_attempt_and_outcome(tmp_path: Path) -> None:
    """Each field in its column."""
    ledger = ledger_in(tmp_path)
    opened = attempt("a", model="m", budget_us=150_000, warm_up=True, predicted_nano=7)
    closed = outcome(
        outcome="cut", error="EndpointCut", input_tokens=1, cached_tokens=2, output_tokens=3, input_source="exact",
        cached_source="estimated", output_source="at least", ttft_us=4, total_us=5, prefill_us=6, decode_us=7,
        marginal_nano=8, full_nano=9, cost_source="at least", price_version="config", energy_uj=10,
        energy_source="modelled", cache_written_tokens=11,
    )  # fmt: skip
    ledger.open(opened)
    ledger.close("a", closed)
    ledger.flush()

    for record in (opened, closed):
        columns = ", ".join(type(record).__slots__)
        [row] = rows(tmp_path, f"SELECT {columns} FROM attempts")  # noqa: S608
        assert row == tuple(getattr(record, name) for name in type(record).__slots__)


def test_what_is_told_twice_is_one_row(tmp_path: Path) -> None:
    """The last close counts."""
    ledger = ledger_in(tmp_path)
    for _ in range(2):
        ledger.open(attempt("a"))
        ledger.close("a", outcome(outcome="cancelled"))
        ledger.flush()
    ledger.close("a", outcome())
    ledger.flush()

    assert rows(tmp_path) == [("a", "answered")]


def test_the_newest_of_a_suggestion_is_kept(tmp_path: Path) -> None:
    """Shown first, accepted later, looked at again after that."""
    ledger = ledger_in(tmp_path)
    shown = suggestion("s")
    ledger.suggestion(shown)
    ledger.flush()
    ledger.suggestion(replace(shown, accepted_us=5, accepted_chars=20, whole=True))
    ledger.suggestion(replace(shown, accepted_us=5, accepted_chars=20, whole=True, kept_30s=18))
    ledger.flush()

    query = "SELECT id, chars, accepted_us, accepted_chars, whole, kept_30s, kept_120s FROM suggestions"
    assert rows(tmp_path, query) == [("s", 20, 5, 20, 1, 18, None)]


def test_answers_are_counted_by_day_and_kind(tmp_path: Path) -> None:
    """Over several ledgers, as of several windows."""
    for found, in_budget in [("model", True), ("model", True), ("cache", True), ("model", False)]:
        ledger = ledger_in(tmp_path)
        ledger.answer(found, in_budget)
        ledger.flush()

    day = "2026-11-23"
    assert rows(tmp_path, "SELECT * FROM answers ORDER BY 2, 3") == [
        (day, "cache", 1, 1),
        (day, "model", 0, 1),
        (day, "model", 1, 2),
    ]


def test_events_are_kept_with_their_time(tmp_path: Path) -> None:
    """In Unix microseconds."""
    ledger = ledger_in(tmp_path)
    ledger.event("far", "breaker", "open", "far: busy (429)")
    ledger.flush()

    assert rows(tmp_path, "SELECT * FROM events") == [(NOON_S * 1e6, "far", "breaker", "open", "far: busy (429)")]


@pytest.mark.parametrize("model", ["m", None])
def test_a_price_that_is_in_force_again_is_kept_again(model: str | None, tmp_path: Path) -> None:
    """Else what came between would count for ever."""
    ledger = ledger_in(tmp_path)
    price = PriceInForce("v1", "far", model, 1, 2, 3, None)
    for since_us, version in enumerate(("v1", "v2", "v1", "v1"), 1):
        ledger.price(replace(price, version=version, since_us=since_us))
    ledger.flush()

    assert rows(tmp_path, "SELECT version, since_us FROM prices") == [("v1", 1), ("v2", 2), ("v1", 3)]


@pytest.mark.parametrize("model", ["m", None])
def test_a_price_is_kept_once_for_each_version(model: str | None, tmp_path: Path) -> None:
    """However often it is told, also where there is no model."""
    ledger = ledger_in(tmp_path)
    price = PriceInForce("v1", "far", model, 1, 2, 3, None)
    for one in (price, replace(price, since_us=9), replace(price, version="v2")):
        ledger.price(one)
        ledger.flush()

    assert rows(tmp_path, "SELECT version, model, since_us FROM prices") == [("v1", model, 1), ("v2", model, 1)]


def test_the_sums_are_those_of_all_processes_by_cost_centre(tmp_path: Path) -> None:
    """Of this day and this month, of endpoints that are not local, by the marginal price."""
    seen: list[Totals] = []
    other, ledger = ledger_in(tmp_path), ledger_in(tmp_path, seen)
    for name, values, nano in [
        ("today", {}, 1),
        ("more", {}, 2),
        ("another's", {"cost_centre": "team"}, 4),
        ("local", {"local": True}, 8),
        ("unknown", {}, None),
        ("yesterday", {"opened_us": round((NOON_S - DAY_S) * 1e6)}, 16),
        ("last month", {"opened_us": round((NOON_S - 23 * DAY_S) * 1e6)}, 32),
    ]:
        other.open(attempt(name, **values))
        other.close(name, outcome(marginal_nano=nano))
    other.flush()
    ledger.open(attempt("mine"))
    ledger.close("mine", outcome(marginal_nano=64))
    ledger.flush()

    assert seen[-1] == Totals(
        {"default": 67, "team": 4}, {"default": 83, "team": 4}, round(NOON_S * 1e6), frozenset({"mine"})
    )


def test_the_sums_are_answered_by_an_index_alone(tmp_path: Path) -> None:
    """They are asked for after each commit, and a table may have millions of rows."""
    with closing(connect(tmp_path)) as connection:
        [plan] = connection.execute(f"EXPLAIN QUERY PLAN {SPENT}", (0, 1)).fetchall()[:1]

    assert "COVERING INDEX attempts_spent" in plan[-1]


def test_the_sums_of_earlier_days_are_at_most_a_minute_old(tmp_path: Path) -> None:
    """They would be long to add up after each commit; a new day or month looks at once."""
    seen: list[Totals] = []
    now_s = NOON_S
    ledger = Ledger(tmp_path, lambda: now_s, seen.append)

    def sums_after(name: str, opened_s: float, at_s: float) -> tuple[int, int]:
        nonlocal now_s
        now_s = at_s
        ledger.open(attempt(name, opened_us=round(opened_s * 1e6)))
        ledger.close(name, outcome(marginal_nano=1))
        ledger.flush()
        return seen[-1].day.get("default", 0), seen[-1].month.get("default", 0)

    yesterday_s = NOON_S - DAY_S
    assert sums_after("a", yesterday_s, NOON_S) == (0, 1)
    assert sums_after("b", yesterday_s, NOON_S + 59) == (0, 1)
    assert sums_after("c", yesterday_s, NOON_S + 60) == (0, 3)
    assert sums_after("d", NOON_S, NOON_S + 61) == (1, 4)
    assert sums_after("e", NOON_S + 62, NOON_S + DAY_S / 2) == (0, 5)
    assert sums_after("f", NOON_S + 8 * DAY_S, NOON_S + 8 * DAY_S) == (1, 1)


def test_a_months_sum_has_the_days_whose_rows_grew_old(tmp_path: Path) -> None:
    """A budget's month may be longer than rows are kept."""
    seen: list[Totals] = []
    ledger = ledger_in(tmp_path, seen)
    for name, days_ago in (("a", 20), ("b", 3), ("c", 0)):
        ledger.open(attempt(name, opened_us=round((NOON_S - days_ago * DAY_S) * 1e6)))
        ledger.close(name, outcome(marginal_nano=5))
    ledger.flush()
    prune(tmp_path, date(2026, 11, 16), date(2026, 11, 23))
    ledger_in(tmp_path, seen).prepare()

    assert [name for name, _ in rows(tmp_path)] == ["b", "c"]
    assert [totals.month for totals in seen] == [{"default": 15}, {"default": 15}]


def test_sums_are_read_before_anything_is_told(tmp_path: Path) -> None:
    """What other windows have spent counts from the beginning."""
    other = ledger_in(tmp_path)
    other.open(attempt("a"))
    other.close("a", outcome(marginal_nano=5))
    other.flush()
    seen: list[Totals] = []
    ledger_in(tmp_path, seen).prepare()

    assert [totals.day for totals in seen] == [{"default": 5}]


async def test_closing_leaves_no_journal_and_can_be_gone_on_from(tmp_path: Path) -> None:
    """As an editor does that restarts its server."""
    ledger = ledger_in(tmp_path)
    for name in ("a", "b"):
        ledger.open(attempt(name))
        await ledger.aclose()
        assert list((tmp_path / FOLDER).glob("*.journal")) == []

    assert rows(tmp_path) == [("a", "open"), ("b", "open")]


async def test_a_ledger_that_was_told_nothing_makes_no_file(tmp_path: Path) -> None:
    """Neither when it is made nor when it is closed."""
    folder = tmp_path / "state"
    await ledger_in(folder).aclose()

    assert not folder.exists()


def test_a_journal_that_is_full_costs_the_guard_and_no_row(tmp_path: Path) -> None:
    """Such attempts are counted."""
    ledger = Ledger(tmp_path, slots=2)
    for number in range(50):
        ledger.open(attempt(f"a{number}"))
    ledger.flush()

    assert len(rows(tmp_path)) == 50
    assert 0 < ledger.unguarded <= 48


def test_attempts_from_many_threads_and_ledgers_are_all_there(tmp_path: Path) -> None:
    """Each once."""

    def tell(name: str) -> None:
        ledger = ledger_in(tmp_path)
        for number in range(100):
            ledger.open(attempt(f"{name}-{number}"))
            ledger.close(f"{name}-{number}", outcome())
        ledger.flush()

    threads = [threading.Thread(target=tell, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(rows(tmp_path)) == sorted((f"{name}-{number}", "answered") for name in "abc" for number in range(100))


ENDS = """
import sys
from pathlib import Path
from nearline_router.ledger import Ledger
from tests.router.ledger.made import attempt, outcome
ledger = Ledger(Path(sys.argv[1]))
ledger.open(attempt("a"))
ledger.close("a", outcome())
"""


def test_a_process_that_just_ends_has_written_everything(tmp_path: Path) -> None:
    """It waits for its thread."""
    subprocess.run([sys.executable, "-c", ENDS, str(tmp_path)], check=True, timeout=60, cwd=Path(__file__).parents[3])

    assert rows(tmp_path) == [("a", "answered")]


HELD = """
import asyncio, sqlite3, sys
from pathlib import Path
from nearline_router.ledger import Ledger, database, ledger as told, thread
from tests.router.ledger.made import attempt, outcome
database.BUSY_S = 3600.0
told.LAST_S = thread.LAST_S = 0.05
ledger = Ledger(Path(sys.argv[1]))
ledger.open(attempt("a"))
ledger.close("a", outcome())
if sys.argv[2] == "closed":
    asyncio.run(ledger.aclose())
"""


@pytest.mark.parametrize("end", ["closed", "just ends"])
def test_a_process_ends_while_another_one_keeps_the_ledger_to_itself(tmp_path: Path, end: str) -> None:
    """However long a write would wait: what it could not write is in its journal, for whoever comes next."""
    command = [sys.executable, "-c", HELD, str(tmp_path), end]
    connect(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        subprocess.run(command, check=True, timeout=60, cwd=Path(__file__).parents[3])

    assert rows(tmp_path) == [("a", "open")]


IMPORTS = """
import sys
from pathlib import Path
from nearline_router.router import Router
from nearline_router.config import RouterConfig
router = Router(RouterConfig())
print("sqlite3" in sys.modules, "nearline_router.ledger.ledger" in sys.modules)
"""


def test_a_router_that_was_asked_nothing_has_imported_no_database(tmp_path: Path) -> None:
    """A start is felt."""
    environment = {**os.environ, "NEARLINE_STATE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", IMPORTS]
    done = subprocess.run(command, check=True, timeout=60, env=environment, capture_output=True, text=True)

    assert done.stdout == "False False\n"
    assert not (tmp_path / FILE).exists()
