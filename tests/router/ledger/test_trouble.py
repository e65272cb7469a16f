"""A ledger that cannot be written stops nothing, says so once, and goes on by itself when it can."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nearline_router.ledger import Ledger, backlog, database, writer
from nearline_router.ledger.database import FILE, connect
from nearline_router.ledger.schema import MIGRATIONS
from tests.router.ledger.made import attempt, outcome, rows


def tell(ledger: Ledger, *names: str) -> None:
    """These attempts, and wait for what becomes of them."""
    for name in names:
        ledger.open(attempt(name))
        ledger.close(name, outcome())
        ledger.flush()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What a user would read."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def in_the_way(folder: Path) -> Path:
    """A file where the folder should be."""
    folder.write_text("")
    return folder


def test_a_folder_that_cannot_be_made_is_said_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was told meanwhile is written then."""
    folder = in_the_way(tmp_path / "state")
    ledger = Ledger(folder)
    tell(ledger, "a", "b")
    assert len(warnings(caplog)) == 1
    assert ledger.trouble == warnings(caplog)[0]
    assert f"attempts cannot be recorded in {folder / FILE}: " in ledger.trouble

    folder.unlink()
    tell(ledger, "c")

    assert rows(folder) == [("a", "answered"), ("b", "answered"), ("c", "answered")]
    assert "recorded" not in ledger.trouble
    assert len(warnings(caplog)) == 1


def test_a_journal_that_cannot_be_made_is_tried_again_after_a_minute(tmp_path: Path) -> None:
    """Until then attempts are written all the same, without its guard."""
    now_s = [0.0]
    journals = in_the_way(tmp_path / "journals")
    ledger = Ledger(tmp_path, lambda: now_s[0])
    connect(tmp_path).close()
    tell(ledger, "a")
    assert (ledger.unguarded, rows(tmp_path)) == (1, [("a", "answered")])
    assert ledger.trouble.startswith("attempts may be lost with their process, as there is no journal: ")

    journals.unlink()
    tell(ledger, "b")
    assert ledger.unguarded == 2
    now_s[0] = 60.0
    tell(ledger, "c")

    assert (ledger.unguarded, ledger.trouble) == (2, "")


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pages that a ledger may have; set it to make room."""
    pages = [40]

    def limited(folder: Path) -> sqlite3.Connection:
        connection = connect(folder)
        connection.execute(f"PRAGMA max_page_count = {pages[0]}")
        return connection

    monkeypatch.setattr(writer, "connect", limited)
    return pages


def test_a_full_disk_is_said_once_and_what_waits_is_written_when_there_is_room(
    tmp_path: Path, small_disk: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    """None of it is lost."""
    ledger = Ledger(tmp_path)
    names = [f"a{number}-{'x' * 200}" for number in range(300)]
    for name in names:
        ledger.open(attempt(name))
    ledger.flush()
    assert warnings(caplog) == [f"attempts cannot be recorded in {tmp_path / FILE}: database or disk is full"]
    assert ledger.trouble == warnings(caplog)[0]

    small_disk[0] = 100_000
    tell(ledger, "last")

    assert [name for name, _ in rows(tmp_path)] == [*names, "last"]
    assert ledger.trouble == ""
    assert len(warnings(caplog)) == 1


def test_what_waits_for_room_is_bounded_and_what_is_dropped_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest that have ended go first; their places in the journal are free again."""
    monkeypatch.setattr(backlog.Backlog.__init__, "__defaults__", (3,))
    folder = in_the_way(tmp_path / "state")
    ledger = Ledger(folder, slots=8)
    ledger.open(attempt("open"))
    tell(ledger, *[f"a{number}" for number in range(20)])
    folder.unlink()
    tell(ledger, "last")

    assert rows(folder) == [("open", "open"), ("a18", "answered"), ("a19", "answered"), ("last", "answered")]
    assert ledger.trouble == "18 of the attempts so far could not be recorded"


def test_a_damaged_ledger_is_moved_aside_and_a_new_one_begun(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Also while it is in use; it is said once, and what comes is recorded."""
    ledger = Ledger(tmp_path)
    tell(ledger, "a")
    for path in tmp_path.glob(f"{FILE}*"):
        path.write_bytes(b"nonsense" * 10_000)
    tell(ledger, "b", "c")

    [aside] = [path for path in tmp_path.glob("*.corrupt-*") if path.name[-1] == "Z"]
    assert warnings(caplog) == [f"the ledger was damaged: it is kept as {aside}, and a new one is begun"]
    assert ("c", "answered") in rows(tmp_path)
    assert ledger.trouble == ""


def test_a_second_window_goes_on_in_the_new_ledger(tmp_path: Path) -> None:
    """It has the old file open, which has another name now."""
    first, second = Ledger(tmp_path), Ledger(tmp_path)
    tell(first, "a")
    tell(second, "b")
    (tmp_path / FILE).rename(tmp_path / "aside")
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"{FILE}{suffix}").unlink(missing_ok=True)
    tell(first, "c")
    tell(second, "d")

    assert rows(tmp_path) == [("c", "answered"), ("d", "answered")]


def test_another_process_that_writes_for_long_is_said_the_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One that only writes much is no trouble; what waits is written when it is done."""
    connect(tmp_path).close()
    monkeypatch.setattr(database, "BUSY_S", 0.0)
    writing, waiting = writer.Writer(tmp_path, lambda: 0.0, lambda _: None), backlog.Backlog()
    waiting.opened(attempt("a"), lambda: None)
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not writing.write(waiting)
        assert (writing.trouble, warnings(caplog)) == ("", [])
        assert not writing.write(waiting)
        assert writing.trouble == f"attempts cannot be recorded in {tmp_path / FILE}: database is locked"
    assert writing.write(waiting)
    writing.close()

    assert (writing.trouble, rows(tmp_path)) == ("", [("a", "open")])


def test_a_newer_ledger_is_left_alone_and_that_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is moved, and nothing written."""
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = (tmp_path / FILE).read_bytes()
    ledger = Ledger(tmp_path)
    tell(ledger, "a", "b")

    assert (tmp_path / FILE).read_bytes() == before
    assert len(warnings(caplog)) == 1
    assert "newer Nearline" in ledger.trouble


def test_a_journal_whose_file_was_removed_is_made_again(tmp_path: Path) -> None:
    """Its owner cleaned up, or another process took this one for dead."""
    ledger = Ledger(tmp_path)
    tell(ledger, "a")
    shutil.rmtree(tmp_path / "journals")
    tell(ledger, "b")
    ledger.open(attempt("c"))
    [journal] = (tmp_path / "journals").glob("*.journal")

    assert b'"c"' in journal.read_bytes()


def test_one_attempt_that_no_row_can_hold_costs_no_other(tmp_path: Path) -> None:
    """It is counted."""
    ledger = Ledger(tmp_path)
    ledger.open(attempt("a"))
    ledger.open(attempt("x", task="\ud800"))
    tell(ledger, "b")

    assert [name for name, _ in rows(tmp_path)] == ["a", "b"]
    assert ledger.trouble == "1 of the attempts so far could not be recorded"


def test_no_error_of_the_writer_is_the_end_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of our own is said like a disk's."""
    with monkeypatch.context() as patched:
        patched.setattr(backlog.rows, "execute", lambda *_: 1 / 0)
        ledger = Ledger(tmp_path)
        tell(ledger, "a")
        assert warnings(caplog) == [f"attempts cannot be recorded in {tmp_path / FILE}: division by zero"]
    tell(ledger, "b")

    assert rows(tmp_path) == [("a", "answered"), ("b", "answered")]


async def test_a_process_that_ends_before_there_is_room_leaves_its_attempts_in_the_journal(tmp_path: Path) -> None:
    """For whoever comes next."""
    (tmp_path / FILE).mkdir()
    ledger = Ledger(tmp_path)
    tell(ledger, "a")
    await ledger.aclose()
    [journal] = (tmp_path / "journals").glob("*.journal")

    assert b'"a"' in journal.read_bytes()
