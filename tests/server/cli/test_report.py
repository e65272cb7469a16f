"""`nearline report`: which days, which format, and where it goes."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nearline_router.learned import state_dir
from tests.router.accounts.books import Books

from .conftest import Run

TODAY = datetime.now(UTC).date()
CONFIG = "endpoints: {far: {provider: openrouter, model: big, cost_per_mtok: 0.5}}\n"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:  # noqa: ARG001 (sets the user up)
    """A terminal with room, in an empty folder."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def books() -> Iterator[Books]:
    """The user's own ledger."""
    books = Books(state_dir())
    yield books

    books.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """One endpoint in the cloud."""
    path = tmp_path / "some.yaml"
    path.write_text(CONFIG)
    return path


def attempts(run: Run, *arguments: object) -> int:
    """How many there are in a report."""
    number: int = json.loads(run("report", *arguments, "--format", "json").stdout)["usage"]["attempts"]
    return number


def test_without_days_it_is_this_month(run: Run, books: Books) -> None:
    """In a terminal."""
    books.attempt(str(TODAY))
    books.attempt("2020-01-15")
    result = run("report")

    assert result.exit_code == 0
    assert f"Nearline in {TODAY:%B %Y}" in result.stdout
    assert "1 attempt at 1 endpoint" in result.stdout


def test_a_month_or_days_can_be_named(run: Run, books: Books) -> None:
    """The last day is included; without it today is the last."""
    for day in ("2026-03-01", "2026-03-02", "2026-03-31", str(TODAY)):
        books.attempt(day)

    assert attempts(run, "--month", "2026-03") == 3
    assert attempts(run, "--since", "2026-03-02", "--until", "2026-03-31") == 2
    assert attempts(run, "--since", "2026-03-02") == 3
    assert attempts(run, "--since", TODAY + timedelta(days=9)) == 0


@pytest.mark.parametrize(("arguments", "said"), [
    (["--month", "March"], "is not a month such as 2026-11"),
    (["--month", "2026-03", "--since", "2026-03-01"], "--month excludes"),
    (["--until", "2026-03-01"], "--until needs --since"),
    (["--since", "2026-03-02", "--until", "2026-03-01"], "--until is before --since"),
    (["--cloud-price", "1"], "is not two prices such as 0.40/1.20"),
    (["--cloud-price", "nan/1"], "is not two prices such as 0.40/1.20"),
    (["--cloud-price=-1/1"], "has a price below zero"),
    (["--by", "mood"], "mood"),
])  # fmt: skip
def test_wrong_usage_is_said(run: Run, arguments: list[str], said: str) -> None:
    """With exit code 2."""
    result = run("report", *arguments)

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.mark.parametrize(("name", "begins"), [
    ("r.html", "<!doctype html>"), ("r.md", "# Nearline"), ("r.json", "{"), ("r.csv", "day,endpoint,local,"),
    ("r", "day,endpoint,local,"),
])  # fmt: skip
def test_the_file_s_name_says_its_format(run: Run, books: Books, tmp_path: Path, name: str, begins: str) -> None:
    """Where it says nothing it is what the configuration wants exported. Only its owner can read it."""
    books.attempt(str(TODAY))
    path = tmp_path / name
    result = run("report", "--out", path)

    assert result.stdout == f"{path}\n"
    assert path.read_text(encoding="utf-8").startswith(begins)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_configured_format_and_interval_count(run: Run, books: Books, tmp_path: Path) -> None:
    """`accounting.export_format` and `accounting.aggregation_interval`."""
    for day in ("2026-03-02", "2026-03-03"):
        books.attempt(day)
    config = tmp_path / "some.yaml"
    config.write_text("accounting: {aggregation_interval: monthly}\n")
    rows = list(
        csv.reader(io.StringIO(run("report", "--month", "2026-03", "--format", "csv", "--config", config).stdout))
    )
    config.write_text("accounting: {export_format: json}\n")
    run("report", "--month", "2026-03", "--config", config, "--out", tmp_path / "exported")

    assert [row[:2] for row in rows] == [["month", "endpoint"], ["2026-03-01", "studio"]]
    assert json.loads((tmp_path / "exported").read_text())["usage"]["attempts"] == 2


def test_it_is_compared_with_the_price_that_is_given(run: Run, books: Books, config: Path) -> None:
    """Else with the cheapest endpoint in the cloud."""
    books.attempt("2026-03-02", input_tokens=10**6, output_tokens=0)

    def cloud_usd(*arguments: object) -> float:
        told = json.loads(
            run("report", "--month", "2026-03", "--format", "json", "--config", config, *arguments).stdout
        )
        return float(told["ways"]["cloud_only"]["cloud_nano"] / 1e9)

    assert cloud_usd() == 0.5
    assert cloud_usd("--cloud-price", "2/6") == 2


def test_without_a_ledger_nothing_was_recorded_and_nothing_is_made(run: Run) -> None:
    """A report is no reason for a database."""
    result = run("report")

    assert result.exit_code == 0
    assert "Nothing was recorded" in result.stdout
    assert not list(state_dir().glob("ledger*"))


def test_a_ledger_that_is_none_is_one_message(run: Run) -> None:
    """Not a traceback."""
    state_dir().mkdir(parents=True, exist_ok=True)
    (state_dir() / "ledger.db").write_text("nothing of the kind, but long enough to be read as a header of a database")
    result = run("report")

    assert result.exit_code == 1
    assert "the ledger cannot be read" in result.stderr


def test_a_place_that_cannot_be_written_is_one_message(run: Run, tmp_path: Path) -> None:
    """It names the file."""
    result = run("report", "--out", tmp_path / "nowhere" / "r.html")

    assert result.exit_code == 1
    assert "r.html cannot be written" in result.stderr


def test_days_that_are_over_are_kept_for_the_next_report(run: Run, books: Books) -> None:
    """Which has less to read then."""
    books.attempt("2026-03-02")
    run("report", "--month", "2026-03")

    assert books.rows("SELECT day, attempts FROM main.days") == [("2026-03-02", 1)]


def test_a_ledger_that_cannot_be_written_is_reported_all_the_same(
    run: Run, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its rows."""
    books.attempt("2026-03-02")

    def refused(*_: object) -> int:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr("nearline_server.report.make.close_days", refused)
    assert attempts(run, "--month", "2026-03") == 1
