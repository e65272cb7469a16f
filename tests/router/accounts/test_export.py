"""All rows, for other programs."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing

from nearline_router.accounts.export import TABLES, export_csv, export_jsonl
from nearline_router.ledger.database import connect

from .books import ATTEMPT, Books


def test_csv_has_every_column_of_a_table(books: Books) -> None:
    """NULL is an empty cell, and a formula is text."""
    books.attempt("2026-11-02", repository="=1", ttft_us=None)
    file = io.StringIO()
    with closing(connect(books.folder, read_only=True)) as connection:
        assert export_csv(connection, "attempts", file) == 1
    (row,) = csv.DictReader(io.StringIO(file.getvalue()))

    assert row.keys() >= ATTEMPT.keys()
    assert (row["repository"], row["ttft_us"], row["input_tokens"]) == ("'=1", "", "100")


def test_json_lines_have_every_table(books: Books) -> None:
    """As they are."""
    books.attempt("2026-11-02", repository="=1")
    books.suggestion("2026-11-02")
    file = io.StringIO()
    with closing(connect(books.folder, read_only=True)) as connection:
        assert export_jsonl(connection, TABLES, file) == 2
    attempt, suggestion = map(json.loads, file.getvalue().splitlines())

    assert (attempt["table"], attempt["repository"], suggestion["table"]) == ("attempts", "=1", "suggestions")
