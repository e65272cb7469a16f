"""Sums by day: the same as the rows, made again when rows came late, and never of a day that goes on."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearline_router.accounts.aggregates import close_days
from nearline_router.accounts.period import Period

from .books import LATER, NOVEMBER, Books

OUTCOMES = ("answered", "cancelled", "lost", "slow", "cut", "failed", "open")
maybe = st.one_of(st.none(), st.integers(0, 10**9))
attempts = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(1, 4).map(lambda day: f"2026-11-{day:02}"),
            "endpoint": st.sampled_from(["studio", "cloud"]),
            "model": st.sampled_from([None, "coder"]),
            "task": st.sampled_from(["complete", "explain", "warm-up"]),
            "outcome": st.sampled_from(OUTCOMES),
            "cost_source": st.sampled_from(["exact", "estimated", "at least", "unknown"]),
            "input_tokens": maybe,
            "marginal_nano": maybe,
            "full_nano": maybe,
            "ttft_us": maybe,
        }
    ),
    max_size=12,
)


@settings(max_examples=20)
@given(rows=attempts)
def test_kept_sums_are_those_of_the_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    """Whatever the rows: a report before the days are closed and one after it are the same."""
    books = Books(tmp_path_factory.mktemp("state"))
    for row in rows:
        books.attempt(str(row["day"]), **{name: value for name, value in row.items() if name != "day"})
    books.suggestion("2026-11-02", accepted_us=1, accepted_chars=20, kept_30s=20, kept_120s=5)
    before = books.account(by="task")
    close_days(books.folder, NOVEMBER, LATER)
    after = books.account(by="task")
    books.close()

    assert before == after
    assert before.usage.attempts == len(rows)


def test_days_are_closed_once(books: Books) -> None:
    """The second time there is nothing to do."""
    books.attempt("2026-11-02")
    books.attempt("2026-11-03")

    assert close_days(books.folder, NOVEMBER, LATER) == 2
    assert close_days(books.folder, NOVEMBER, LATER) == 0


def test_a_kept_day_is_not_read_again(books: Books) -> None:
    """Its rows may be gone."""
    books.attempt("2026-11-02")
    close_days(books.folder, NOVEMBER, LATER)
    books.execute("DELETE FROM attempts")

    assert books.account().usage.attempts == 1


@pytest.mark.parametrize(("today", "closed"), [("2026-11-03", 0), ("2026-11-04", 1), ("2026-11-05", 2)])
def test_a_day_is_closed_a_whole_day_after_it_is_over(books: Books, today: str, closed: int) -> None:
    """Until then attempts may run over midnight, and what was accepted is looked at again."""
    books.attempt("2026-11-02")
    books.attempt("2026-11-03")

    assert close_days(books.folder, NOVEMBER, date.fromisoformat(today)) == closed
    assert books.account().usage.attempts == 2


def test_an_attempt_that_comes_late_is_counted(books: Books) -> None:
    """As from the journal of a process that died days ago."""
    books.attempt("2026-11-02")
    close_days(books.folder, NOVEMBER, LATER)
    books.attempt("2026-11-02")

    assert books.account().usage.attempts == 2
    assert close_days(books.folder, NOVEMBER, LATER) == 1
    assert books.account().usage.attempts == 2


def test_an_attempt_that_ends_late_is_counted_as_it_ended(books: Books) -> None:
    """The machine slept over the weekend with it."""
    books.attempt("2026-11-02", outcome="open", marginal_nano=None, full_nano=None)
    books.attempt("2026-11-02", outcome="open", marginal_nano=None, full_nano=None)
    close_days(books.folder, NOVEMBER, LATER)
    assert close_days(books.folder, NOVEMBER, LATER) == 0
    books.execute("UPDATE attempts SET outcome = 'failed', full_nano = 7 WHERE id = 'a1'")

    assert books.account().usage.full_nano == 7
    assert close_days(books.folder, NOVEMBER, LATER) == 1


def test_a_suggestion_that_comes_late_is_counted(books: Books) -> None:
    """As one that was written anew, since its text was looked at again."""
    books.suggestion("2026-11-02")
    close_days(books.folder, NOVEMBER, LATER)
    books.suggestion("2026-11-02")

    assert books.account().shown.count == 2


@pytest.mark.parametrize(("outcome", "wasted"), [
    ("answered", 0), ("cut", 0), ("open", 0), ("cancelled", 5), ("lost", 5), ("slow", 5), ("failed", 5),
])  # fmt: skip
def test_what_was_never_shown_is_wasted(books: Books, outcome: str, wasted: int) -> None:
    """At what it cost to run."""
    books.attempt("2026-11-02", outcome=outcome, marginal_nano=5, full_nano=9)

    assert books.account().usage.wasted_nano == wasted


def test_a_cancelled_request_whose_text_was_shown_is_not_wasted(books: Books) -> None:
    """Before its end, or later from memory, even after midnight."""
    request = books.attempt("2026-11-02", outcome="cancelled", marginal_nano=5)
    books.suggestion("2026-11-02", request=request)

    assert books.account().usage.wasted_nano == 0


def test_a_cancelled_warm_up_is_not_wasted(books: Books) -> None:
    """What was read of the prompt stays in the cache."""
    books.attempt("2026-11-02", outcome="cancelled", warm_up=1, marginal_nano=5)

    assert books.account().usage.wasted_nano == 0


def test_an_unknown_price_is_counted_and_in_no_sum(books: Books) -> None:
    """It is never zero."""
    books.attempt("2026-11-02", marginal_nano=None, full_nano=None, cost_source="unknown", input_tokens=None)
    usage = books.account().usage

    assert (usage.unpriced, usage.unknown_tokens, usage.full_nano, usage.at_least) == (1, 1, 0, True)


def test_where_the_full_cost_is_unknown_what_it_was_to_run_is_at_least_that(books: Books) -> None:
    """A machine that nobody described."""
    books.attempt("2026-11-02", marginal_nano=5, full_nano=None, cost_source="estimated")

    assert books.account().usage.full_nano == 5


def test_other_days_are_not_in_a_period(books: Books) -> None:
    """The first instant of its first day is, that of the day after it is not."""
    first, after = NOVEMBER.since_us, NOVEMBER.until_us
    for opened_us in (first - 1, first, after - 1, after):
        books.attempt("2026-11-02", opened_us=opened_us)

    assert books.account().usage.attempts == 2
    close_days(books.folder, Period(date(2026, 10, 1), date(2026, 12, 31)), LATER)
    assert books.account().usage.attempts == 2


def test_an_account_writes_nothing(books: Books) -> None:
    """Not even through a connection that could."""
    books.attempt("2026-11-02")
    books.account()

    assert books.rows("SELECT * FROM main.days") == []


def test_a_writer_is_not_held_up_while_days_are_added_up(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums of a day are made before the transaction that keeps them."""
    books.attempt("2026-11-02")
    seen: list[str] = []

    def write_meanwhile(*_: object) -> tuple[int, int]:
        with sqlite3.connect(books.folder / "ledger.db", timeout=0) as other:
            other.execute("DELETE FROM events")
        other.close()
        seen.append("written")
        return 1, 0

    monkeypatch.setattr("nearline_router.accounts.aggregates.add_up", write_meanwhile)
    close_days(books.folder, NOVEMBER, LATER)

    assert seen == ["written"]


def test_what_is_recorded_begins_with_the_ledger_and_ends_today(books: Books) -> None:
    """Machines are paid for on these days."""
    books.attempt("2026-11-05")

    assert books.account(today=date(2026, 11, 9)).recorded == Period(date(2026, 11, 5), date(2026, 11, 9))
    assert books.account(Period(date(2026, 12, 1), date(2026, 12, 31))).recorded is not None
    assert books.account(Period(date(2026, 10, 1), date(2026, 10, 31))).recorded is None


def test_an_empty_ledger_has_an_empty_account(books: Books) -> None:
    """And no day to close."""
    account = books.account()

    assert (account.usage.attempts, account.recorded, account.days, account.nano_per_kept_1000) == (0, None, (), None)
    assert close_days(books.folder, NOVEMBER, LATER + timedelta(days=9)) == 0
