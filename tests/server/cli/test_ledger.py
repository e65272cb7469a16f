"""`nearline ledger`: prune, export, forget, and never without a yes."""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from nearline_router.learned import state_dir
from nearline_server.cli.main import main
from tests.router.accounts.books import Books

from .conftest import Run


@pytest.fixture(autouse=True)
def somewhere(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:  # noqa: ARG001 (sets the user up)
    """An empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def books() -> Iterator[Books]:
    """The user's own ledger, with two old attempts."""
    books = Books(state_dir())
    books.attempt("2020-01-02")
    books.attempt("2020-01-03", repository="clinic")
    yield books

    books.close()


def attempts(books: Books) -> int:
    """Rows that are left."""
    return len(books.rows("SELECT id FROM attempts"))


@pytest.mark.parametrize("command", [["prune"], ["forget", "--all"]])
def test_nothing_is_removed_without_a_yes(books: Books, command: list[str]) -> None:
    """The question says what would be."""
    refused = CliRunner().invoke(main, ["ledger", *command], input="n\n")
    assert attempts(books) == 2
    CliRunner().invoke(main, ["ledger", *command], input="y\n")

    assert "?" in refused.stdout
    assert attempts(books) == 0


@pytest.mark.usefixtures("books")
def test_prune_keeps_sums_and_says_how_much_is_gone(run: Run) -> None:
    """The reports stay the same."""
    result = run("ledger", "prune", "--older-than", "90d", "--yes")
    report = json.loads(run("report", "--month", "2020-01", "--format", "json").stdout)

    assert result.stdout == "Removed 2 attempts and 0 suggestions; what they add up to is kept.\n"
    assert report["usage"]["attempts"] == 2


def test_prune_goes_by_the_configured_retention(run: Run, books: Books, tmp_path: Path) -> None:
    """A hundred years are not over yet."""
    config = tmp_path / "some.yaml"
    config.write_text("accounting: {retention_days: 36500}\n")
    run("ledger", "prune", "--yes", "--config", config)
    assert attempts(books) == 2
    run("ledger", "prune", "--yes")

    assert attempts(books) == 0


@pytest.mark.usefixtures("books")
def test_forget_takes_the_sums_too(run: Run) -> None:
    """Of what was named."""
    run("ledger", "prune", "--yes")
    result = run("ledger", "forget", "--repository", "clinic", "--yes")
    report = json.loads(run("report", "--month", "2020-01", "--format", "json").stdout)

    assert result.stdout == "Forgot 0 attempts and 0 suggestions and 1 sum of days.\n"
    assert report["usage"]["attempts"] == 1


def test_forget_before_a_day_leaves_that_day(run: Run, books: Books) -> None:
    """And what came after it."""
    run("ledger", "forget", "--before", "2020-01-03", "--yes")

    assert books.rows("SELECT repository FROM attempts") == [("clinic",)]


@pytest.mark.parametrize("arguments", [[], ["--all", "--repository", "a"], ["--before", "2020-01-01", "--all"]])
def test_forget_wants_to_be_told_one_thing(run: Run, books: Books, arguments: list[str]) -> None:
    """Neither nothing nor two."""
    result = run("ledger", "forget", "--yes", *arguments)

    assert (result.exit_code, attempts(books)) == (2, 2)
    assert "one of --repository, --before and --all" in result.stderr


@pytest.mark.usefixtures("books")
def test_export_writes_all_rows(run: Run, tmp_path: Path) -> None:
    """As a table, or all tables as JSON lines; only their owner can read them."""
    table, lines = tmp_path / "a.csv", tmp_path / "a.jsonl"
    assert run("ledger", "export", table).stdout == f"2 rows in {table}\n"
    assert run("ledger", "export", lines).stdout == f"2 rows in {lines}\n"

    assert [row["repository"] for row in csv.DictReader(table.read_text().splitlines())] == ["shop", "clinic"]
    assert [json.loads(line)["table"] for line in lines.read_text().splitlines()] == ["attempts"] * 2
    if os.name == "posix":
        assert stat.S_IMODE(table.stat().st_mode) == stat.S_IMODE(lines.stat().st_mode) == 0o600


def test_one_table_can_be_exported(run: Run, books: Books, tmp_path: Path) -> None:
    """By its name."""
    books.suggestion("2020-01-02")

    assert run("ledger", "export", tmp_path / "s.jsonl", "--table", "suggestions").stdout.startswith("1 row ")


def test_export_knows_two_formats(run: Run, tmp_path: Path) -> None:
    """And says so."""
    result = run("ledger", "export", tmp_path / "a.xlsx")

    assert (result.exit_code, "has to end in .csv or .jsonl" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", [["prune"], ["forget", "--all"]])
def test_without_a_ledger_there_is_nothing_to_do(run: Run, command: list[str]) -> None:
    """And none is made."""
    result = run("ledger", *command)

    assert (result.exit_code, result.stdout) == (0, "There is no ledger yet.\n")
    assert not list(state_dir().glob("ledger*"))


@pytest.mark.usefixtures("books")
def test_a_number_of_days_is_a_number(run: Run) -> None:
    """Such as 90d."""
    result = run("ledger", "prune", "--older-than", "soon")

    assert (result.exit_code, "is not a number of days such as 90d" in result.stderr) == (2, True)
