"""The report as Markdown, in a terminal, and for programs."""

from __future__ import annotations

import io
import json
from itertools import pairwise

from rich.console import Console

from nearline_server.report.markdown import render_markdown
from nearline_server.report.record import VERSION, record
from nearline_server.report.terminal import show
from tests.router.accounts.books import Books

from .conftest import fill, made


def shown(books: Books) -> str:
    """In a terminal with room."""
    file = io.StringIO()
    show(made(books), Console(file=file, width=160, highlight=False, markup=False))
    return file.getvalue()


def test_every_table_of_markdown_has_cells_for_its_columns(books: Books) -> None:
    """Also where a name has a bar in it."""
    books.attempt("2026-11-02", endpoint="a|b*c")
    fill(books)
    lines = render_markdown(made(books)).splitlines()
    rows = [line.replace(r"\|", "").count("|") for line in lines if line.startswith("|")]

    assert r"a\|b\*c" in "\n".join(lines)
    assert rows[0] == 4
    assert len(set(rows)) > 1
    for before, line in pairwise(lines):
        if before.startswith("|") and line.startswith("|"):
            assert before.replace(r"\|", "").count("|") == line.replace(r"\|", "").count("|")


def test_a_terminal_shows_the_figures_the_sentence_and_the_tables(books: Books) -> None:
    """In this order."""
    fill(books)
    text = shown(books)
    parts = ["Nearline in November 2026", "Full cost", "never pays for itself", "The same traffic", "By endpoint"]

    assert sorted(map(text.index, parts)) == list(map(text.index, parts))


def test_names_are_no_markup_of_the_terminal(books: Books) -> None:
    """Nor of rich."""
    books.attempt("2026-11-02", endpoint="[red]x[/red]")

    assert "[red]x[/red]" in shown(books)


def test_an_empty_month_is_one_sentence_everywhere(books: Books) -> None:
    """Without tables of zeros."""
    assert "Nothing was recorded in November 2026." in shown(books)
    assert "|" not in render_markdown(made(books))


def test_the_record_is_json_with_a_version(books: Books) -> None:
    """Its parts add up."""
    fill(books)
    told = json.loads(json.dumps(record(made(books))))

    assert told["version"] == VERSION == 1
    assert told["usage"]["full_nano"] == told["local"]["full_nano"] + told["far"]["full_nano"] == 15 * 10**9
    for dimension, groups in told["by"].items():
        assert sum(group["full_nano"] for group in groups.values()) == 15 * 10**9, dimension
    assert sum(day["attempts"] for day in told["days"]) == told["usage"]["attempts"] == 7
    assert told["ways"]["break_evens"][0]["name"] == "studio"


def test_the_record_of_an_empty_month_has_nothing_to_compare(books: Books) -> None:
    """Null, and not zeros."""
    told = record(made(books))

    assert (told["recorded"], told["ways"]) == (None, None)
