"""What is taken out of the ledger is gone, and what is kept adds up as before."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import date
from sqlite3 import Connection
from typing import Any

import pytest

from nearline_router.accounts import aggregates
from nearline_router.accounts.retention import Removed, forget, prune
from nearline_router.ledger.database import connect
from nearline_router.ledger.totals import Sums

from .books import LATER, NOVEMBER, Books, noon_us

CUT = date(2026, 11, 3)


@pytest.fixture(autouse=True)
def november(books: Books) -> None:
    """Two repositories on three days."""
    for day in ("2026-11-01", "2026-11-02", "2026-11-03"):
        for repository in ("shop", "clinic"):
            books.attempt(day, repository=repository, ttft_us=90_000)
            books.suggestion(day, repository=repository)
        books.insert("answers", {"day": day, "found": "model", "in_budget": 1, "count": 5})
        event = {"at_us": noon_us(day), "endpoint": "studio", "kind": "heat", "state": "hot", "reason": ""}
        books.insert("events", event)


def count(books: Books, table: str, where: str = "1") -> int:
    """Rows."""
    number: int = books.rows(f"SELECT count(*) FROM main.{table} WHERE {where}")[0][0]  # noqa: S608
    return number


def test_what_is_pruned_is_still_in_reports(books: Books) -> None:
    """Only single requests and events are gone."""
    before = books.account()
    removed = prune(books.folder, CUT, LATER)
    after = books.account()

    assert removed == Removed(attempts=4, suggestions=4)
    assert (count(books, "attempts"), count(books, "suggestions"), count(books, "events")) == (2, 2, 1)
    assert (after.usage, after.shown, after.answers) == (before.usage, before.shown, before.answers)
    assert (after.latencies, after.days) == (before.latencies, before.days)


def test_pruning_again_does_nothing(books: Books) -> None:
    """And changes no report."""
    prune(books.folder, CUT, LATER)
    before = books.account()

    assert prune(books.folder, CUT, LATER) == Removed()
    assert books.account() == before


def test_an_attempt_that_comes_after_its_day_was_pruned_does_not_spoil_the_day(books: Books) -> None:
    """Its sums are final, and the next time it goes too."""
    prune(books.folder, CUT, LATER)
    books.attempt("2026-11-01")

    assert books.account().usage.attempts == 6
    assert prune(books.folder, CUT, LATER).attempts == 1
    assert books.account().usage.attempts == 6


def test_a_day_that_is_pruned_while_another_process_adds_it_up_keeps_its_sums(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one saw nothing of it any more."""
    add_up, pruned = aggregates.add_up, list[Removed]()

    def late(connection: Connection, day: date) -> tuple[int, int]:
        if not pruned:
            monkeypatch.setattr(aggregates, "add_up", add_up)
            pruned.append(prune(books.folder, CUT, LATER))
        return add_up(connection, day)

    monkeypatch.setattr(aggregates, "add_up", late)
    monkeypatch.setattr(aggregates, "THREADS", 1)
    aggregates.close_days(books.folder, NOVEMBER, LATER)

    assert pruned[0].attempts == 4
    assert books.account().usage.attempts == 6


def test_days_that_may_go_on_are_not_pruned(books: Books) -> None:
    """Whatever was asked for."""
    assert prune(books.folder, date(2026, 12, 1), date(2026, 11, 4)).attempts == 4
    assert books.account().usage.attempts == 6


def test_a_forgotten_repository_is_in_no_row_and_no_sum(books: Books) -> None:
    """Nor anywhere in the file; the others stay."""
    prune(books.folder, date(2026, 11, 2), LATER)
    removed = forget(books.folder, LATER, repository="clinic")
    account = books.account()

    assert (removed.attempts, removed.suggestions) == (2, 2)
    assert removed.sums > 0
    assert [group.name for group in account.groups["repository"]] == ["shop"]
    assert (account.usage.attempts, account.shown.count) == (3, 3)
    assert all(b"clinic" not in path.read_bytes() for path in books.folder.glob("ledger.db*"))


def test_latencies_of_a_forgotten_repository_go_with_its_rows(books: Books) -> None:
    """They are made again from those that are left."""
    prune(books.folder, date(2026, 11, 1), LATER)
    forget(books.folder, LATER, repository="clinic")

    assert books.account().latencies["studio", "complete"].count == 3


def test_what_was_before_a_day_is_forgotten_in_every_table(books: Books) -> None:
    """Sums, answers and events too."""
    prune(books.folder, date(2026, 11, 2), LATER)
    forget(books.folder, LATER, before=CUT)
    account = books.account()

    assert (account.usage.attempts, account.shown.count, account.answers.count, len(account.events)) == (2, 2, 5, 1)
    assert count(books, "closed_days", "day < '2026-11-03'") == 0


def test_everything_is_forgotten_but_prices(books: Books) -> None:
    """They say nothing of anybody's work."""
    books.insert("prices", {"version": "v", "endpoint": "far", "since_us": 1, "detail": "{}"})
    prune(books.folder, CUT, LATER)
    forget(books.folder, LATER)

    tables = ("attempts", "suggestions", "answers", "events", "days", "day_latencies", "day_suggestions", "closed_days")
    assert [count(books, table) for table in tables] == [0] * 8
    assert count(books, "prices") == 1


@pytest.mark.parametrize("what", [{}, {"repository": "clinic"}, {"before": CUT}], ids=["all", "a repository", "before"])
def test_what_is_forgotten_was_spent_all_the_same(books: Books, what: dict[str, Any]) -> None:
    """Budgets and the cap have the same sums as before, of pruned days too; of an earlier month nothing stays."""
    books.attempt("2026-10-31", local=0, repository="clinic", marginal_nano=1)
    for day, nano in (("2026-11-01", 10), ("2026-11-02", 200), ("2026-11-03", 3000)):
        for centre in ("a", "b"):
            books.attempt(day, local=0, repository="clinic", cost_centre=centre, marginal_nano=nano)
    prune(books.folder, date(2026, 11, 2), LATER)
    before = spent(books)
    forget(books.folder, date(2026, 11, 3), **what)
    forget(books.folder, date(2026, 11, 3), **what)

    assert before == ({"a": 3000, "b": 3000}, {"a": 3210, "b": 3210})
    assert spent(books) == before
    assert books.rows("SELECT count(*) FROM forgotten_spending WHERE day < '2026-11-01'") == [(0,)]
    prune(books.folder, date(2026, 11, 2), date(2026, 12, 1))
    assert books.rows("SELECT * FROM forgotten_spending") == []


def spent(books: Books) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """This day and this month, as a process finds it that starts on the third of November."""
    with closing(connect(books.folder)) as connection:
        totals = Sums().read(connection, noon_us("2026-11-03") / 1e6)
    return totals.day, totals.month
