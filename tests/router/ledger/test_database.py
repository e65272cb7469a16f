"""The database: made once, brought up to date in steps, private, and never taken for what it is not."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from nearline_router.ledger import database
from nearline_router.ledger.database import FILE, NewerLedger, broken, connect, move_aside
from nearline_router.ledger.schema import MIGRATIONS

TABLES = ["answers", "attempts", "day_latencies", "days", "events", "prices", "suggestions"]


def tables(connection: sqlite3.Connection) -> list[str]:
    """Of the ledger."""
    return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]


def test_a_new_ledger_has_its_tables_and_writes_ahead(tmp_path: Path) -> None:
    """In a folder that did not exist."""
    with closing(connect(tmp_path / "new")) as connection:
        assert set(TABLES) <= set(tables(connection))
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (1,)


@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
def test_all_its_files_are_the_users_alone(tmp_path: Path) -> None:
    """Those that SQLite puts beside it too."""
    with closing(connect(tmp_path)) as connection, connection:
        connection.execute("INSERT INTO answers VALUES ('2026-11-23', 'model', 1, 1)")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(f"{FILE}*")}

    assert modes == dict.fromkeys((FILE, f"{FILE}-wal", f"{FILE}-shm"), 0o600)


def test_no_column_is_for_text_of_the_user() -> None:
    """Every column is one of those that were thought about."""
    text = set(re.findall(r"^  (\w+) TEXT", "".join(MIGRATIONS), re.MULTILINE))

    assert text - {"kind", "state", "reason", "found", "day", "version", "detail"} <= {
        "id", "request", "client", "task", "endpoint", "provider", "model", "rule", "residency", "complexity",
        "outcome", "error", "input_source", "cached_source", "output_source", "cost_source", "price_version",
        "energy_source", "cost_centre", "repository", "language",
    }  # fmt: skip


def test_an_older_ledger_is_brought_up_to_date_and_keeps_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step at a time, of which each is there whole or not at all."""
    connect(tmp_path).close()
    steps = (
        *MIGRATIONS,
        "CREATE TABLE more (a);\nINSERT INTO more VALUES (1); -- a comment;\n",
        "CREATE TABLE last (a);",
    )
    monkeypatch.setattr(database, "MIGRATIONS", steps)
    with closing(connect(tmp_path)) as connection:
        assert {"attempts", "more", "last"} <= set(tables(connection))
        assert connection.execute("SELECT a FROM more").fetchall() == [(1,)]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(steps),)


def test_the_prices_of_an_older_ledger_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their table is made anew on the way."""
    monkeypatch.setattr(database, "MIGRATIONS", MIGRATIONS[:2])
    with closing(connect(tmp_path)) as connection, connection:
        connection.execute("INSERT INTO prices VALUES ('v', 'far', 'm', 1, 2, 3, 4, '{}')")
    monkeypatch.undo()

    with closing(connect(tmp_path)) as connection:
        assert connection.execute("SELECT * FROM prices").fetchall() == [("v", "far", "m", 1, 2, 3, 4, "{}", None)]


def test_a_step_that_fails_leaves_the_ledger_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what of it had been done."""
    connect(tmp_path).close()
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE more (a);\nCREATE TABLE more (a);"))
    with pytest.raises(sqlite3.OperationalError, match="more already exists"):
        connect(tmp_path)
    monkeypatch.undo()

    with closing(connect(tmp_path)) as connection:
        assert "more" not in tables(connection)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_ledger_is_not_touched(tmp_path: Path, read_only: bool) -> None:
    """Whoever comes with an older Nearline reads that."""
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(NewerLedger, match="newer Nearline"):
        connect(tmp_path, read_only=read_only)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """Neither to a ledger nor to the empty one in its place."""
    with closing(connect(tmp_path, read_only=True)) as none:
        assert set(TABLES) <= set(tables(none))
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            none.execute("DELETE FROM attempts")
    connect(tmp_path).close()

    with (
        closing(connect(tmp_path, read_only=True)) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader.execute("DELETE FROM attempts")


def test_many_who_begin_at_once_make_one_ledger(tmp_path: Path) -> None:
    """As many windows do, when an editor starts with them."""
    failures: list[Exception] = []

    def begin() -> None:
        try:
            connect(tmp_path).close()
        except Exception as error:  # noqa: BLE001 (whatever it is, it is shown)
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_a_damaged_ledger_is_kept_under_another_name(tmp_path: Path) -> None:
    """With the time, and only while it is damaged."""
    (tmp_path / FILE).write_bytes(b"this is no database" * 100)
    with pytest.raises(sqlite3.DatabaseError) as caught:
        connect(tmp_path)
    assert broken(caught.value)

    aside = move_aside(tmp_path, lambda: 1_795_435_200.0)
    assert aside == tmp_path / "ledger.db.corrupt-20261123T120000Z"
    assert aside.read_bytes().startswith(b"this is no database")
    connect(tmp_path).close()
    assert move_aside(tmp_path) is None


def test_an_error_that_is_not_damage_moves_nothing() -> None:
    """Such as a lock, or a disk that is full."""
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("SELECT * FROM nowhere")

    assert not broken(caught.value)
    assert not broken(OSError("full"))
