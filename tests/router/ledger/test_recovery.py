"""What dead processes left in their journals becomes open rows, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from filelock import FileLock

from nearline_router.ledger import Ledger
from nearline_router.ledger.database import FILE, connect
from nearline_router.ledger.encoding import decoded, encoded
from nearline_router.ledger.journal import FOLDER, Journal
from tests.router.ledger.made import attempt, outcome, rows


def died_with(folder: Path, *records: bytes) -> Path:
    """The journal of a process that is no more."""
    journal = Journal(folder)
    for record in records:
        journal.write(record)
    pid, started_ms, number = journal.path.stem.split("-")
    return journal.path.rename(journal.path.with_name(f"{pid}-{int(started_ms) - 60_000}-{number}.journal"))


def test_a_reader_finds_the_attempts_of_a_dead_process_as_open_rows(tmp_path: Path) -> None:
    """Its journal is read and removed."""
    connect(tmp_path).close()
    journal = died_with(tmp_path, encoded(attempt("a", repository="größe")), encoded(attempt("b")))

    assert rows(tmp_path, "SELECT id, outcome, repository FROM attempts") == [("b", "open", ""), ("a", "open", "größe")]
    assert not journal.exists()


def test_an_attempt_that_was_written_before_the_death_is_not_written_again(tmp_path: Path) -> None:
    """As where the process died before its slot was free, or the one who read its journal did."""
    ledger = Ledger(tmp_path)
    ledger.open(attempt("a"))
    ledger.close("a", outcome())
    ledger.flush()
    died_with(tmp_path, encoded(attempt("a")), encoded(attempt("b")))

    assert rows(tmp_path) == [("a", "answered"), ("b", "open")]


def test_a_ledger_that_begins_reads_them_too(tmp_path: Path) -> None:
    """Nobody has to ask for a report first."""
    journal = died_with(tmp_path, encoded(attempt("a")))
    Ledger(tmp_path).prepare()

    assert not journal.exists()
    assert rows(tmp_path) == [("a", "open")]


def test_the_journal_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    """It is about to write that itself."""
    connect(tmp_path).close()
    journal = Journal(tmp_path)
    journal.write(encoded(attempt("a")))

    assert rows(tmp_path) == []
    assert journal.path.exists()


WHOLE = json.loads(encoded(attempt("x")))
FOREIGN = [b"{", b"[]", b"17", b"null", *(json.dumps(values).encode() for values in (
    {"id": "of a later version"},
    WHOLE[:-1],
    [*WHOLE, "one more"],
    [WHOLE[0] + 1, *WHOLE[1:]],
    [*WHOLE[:-1], ["no text"]],
    [*WHOLE[:-1], 1.5],
))]  # fmt: skip


@pytest.mark.parametrize("record", FOREIGN)
def test_what_is_no_attempt_is_passed_over(record: bytes, tmp_path: Path) -> None:
    """The others are recorded all the same."""
    assert decoded(record) is None
    connect(tmp_path).close()
    journal = died_with(tmp_path, record, encoded(attempt("a")))

    assert rows(tmp_path) == [("a", "open")]
    assert not journal.exists()


@pytest.mark.parametrize("values", [{"task": "\ud800"}, {"characters": 2**70}])
def test_what_no_column_can_hold_is_passed_over(values: dict[str, object], tmp_path: Path) -> None:
    """Half a surrogate pair, a number of more than 64 bits."""
    connect(tmp_path).close()
    died_with(tmp_path, encoded(attempt("x", **values)), encoded(attempt("a")))

    assert rows(tmp_path) == [("a", "open")]


def test_one_process_at_a_time_reads_journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds another one at it goes on without."""
    monkeypatch.setattr("nearline_router.ledger.recovery.RECOVERY_S", 0.0)
    connect(tmp_path).close()
    journal = died_with(tmp_path, encoded(attempt("a")))
    with FileLock(tmp_path / FOLDER / "recovery.lock"):
        assert rows(tmp_path) == []

    assert journal.exists()
    assert rows(tmp_path) == [("a", "open")]


def test_without_a_ledger_there_is_nothing_to_read(tmp_path: Path) -> None:
    """A reader makes no files."""
    assert rows(tmp_path) == []
    assert not (tmp_path / FILE).exists()
