"""Rows for spreadsheets."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.accounts.csv_rows import Interval, cell, exact_usd, write_csv
from nearline_router.accounts.usage import Dimension

from .books import Books


def written(books: Books, interval: Interval = "daily", by: Dimension = "endpoint") -> list[list[str]]:
    """The cells."""
    file = io.StringIO()
    write_csv(books.account(by=by), interval, file)
    return list(csv.reader(io.StringIO(file.getvalue())))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_name_that_is_a_formula_is_text(books: Books, text: str) -> None:
    """Whoever names a repository does not run anything on the accountant's machine."""
    books.attempt("2026-11-02", repository=text)

    assert written(books, by="repository")[1][1] == f"'{text}"


def test_a_name_that_is_none_stays_as_it_is() -> None:
    """Also with such a sign further on."""
    assert cell("qwen-2.5=x") == "qwen-2.5=x"


@pytest.mark.parametrize(("interval", "starts"), [
    ("daily", ["2026-11-01", "2026-11-02", "2026-11-08"]),
    ("weekly", ["2026-10-26", "2026-11-02"]),
    ("monthly", ["2026-11-01"]),
])  # fmt: skip
def test_a_row_adds_up_an_interval(books: Books, interval: Interval, starts: list[str]) -> None:
    """Weeks begin on Monday."""
    for day in ("2026-11-01", "2026-11-02", "2026-11-08"):
        books.attempt(day)
    rows = written(books, interval)

    assert [row[0] for row in rows[1:]] == starts
    assert rows[0][0] == {"daily": "day", "weekly": "week", "monthly": "month"}[interval]
    assert sum(int(row[3]) for row in rows[1:]) == 3


def test_rows_are_by_the_dimension_that_was_asked_for(books: Books) -> None:
    """And by whether they stayed local."""
    books.attempt("2026-11-02", cost_centre="blue")
    books.attempt("2026-11-02", cost_centre="red", local=0)
    rows = written(books, by="cost-centre")

    assert [row[:3] for row in rows] == [
        ["day", "cost_centre", "local"], ["2026-11-02", "blue", "yes"], ["2026-11-02", "red", "no"]
    ]  # fmt: skip


def test_by_day_the_names_are_empty(books: Books) -> None:
    """The day stands in its own column."""
    books.attempt("2026-11-02")

    assert written(books, by="day")[1][:3] == ["2026-11-02", "", "yes"]


@given(st.integers(-(10**15), 10**15))
def test_money_is_exact(nano: int) -> None:
    """To the last nano-dollar."""
    assert Decimal(exact_usd(nano)) * 10**9 == nano
