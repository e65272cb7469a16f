"""The journal: what is written is there, also when its process is gone, and half a record is none."""

from __future__ import annotations

import os
import stat
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.ledger.journal import FOLDER, HEADER, SLOT_BYTES, Journal, left_behind, records


def kept(journal: Journal) -> list[bytes]:
    """What whoever reads the file finds."""
    return sorted(records(journal.path.read_bytes()))


def test_what_is_written_can_be_read_at_once_by_others(tmp_path: Path) -> None:
    """Nothing has to be flushed or closed for that."""
    journal = Journal(tmp_path)
    journal.write(b"one")
    journal.write(b"two")

    assert kept(journal) == [b"one", b"two"]


def test_a_slot_that_is_free_again_is_used_again(tmp_path: Path) -> None:
    """What was in it is gone, also where the new record is shorter."""
    journal = Journal(tmp_path, slots=1)
    slot = journal.write(b"a longer one")
    assert slot is not None
    journal.free(slot)
    assert kept(journal) == []

    assert journal.write(b"short") == slot
    assert kept(journal) == [b"short"]


def test_a_record_that_finds_no_place_is_refused(tmp_path: Path) -> None:
    """Because none is free, or because it is too long for any."""
    journal = Journal(tmp_path, slots=2)

    assert journal.write(b"x" * SLOT_BYTES) is None
    assert [journal.write(b"x" * (SLOT_BYTES - HEADER.size)), journal.write(b"y"), journal.write(b"z")] == [1, 0, None]
    assert len(kept(journal)) == 2


def test_a_journal_without_records_leaves_no_file(tmp_path: Path) -> None:
    """One with records stays for whoever comes next."""
    empty, full = Journal(tmp_path), Journal(tmp_path)
    full.write(b"one")

    assert (empty.close(), full.close()) == (True, False)
    assert list((tmp_path / FOLDER).iterdir()) == [full.path]


@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    """It says who was asked, and when."""
    assert stat.S_IMODE(Journal(tmp_path).path.stat().st_mode) == 0o600


def test_the_file_has_its_room_on_the_disk_from_the_beginning(tmp_path: Path) -> None:
    """A full disk refuses it then, and does not end the process later."""
    status = Journal(tmp_path).path.stat()

    assert getattr(status, "st_blocks", status.st_size / 512) * 512 >= status.st_size


def test_only_journals_of_dead_processes_are_left_behind(tmp_path: Path) -> None:
    """A pid that is used again is another process; a file of another name is nobody's."""
    ours = Journal(tmp_path)
    pid, started_ms, _ = ours.path.stem.split("-")
    before = ours.path.with_name(f"{pid}-{int(started_ms) - 60_000}-0.journal")
    foreign = ours.path.with_name("foreign.journal")
    for path in (before, foreign):
        path.touch()

    assert sorted(left_behind(tmp_path)) == sorted([before, foreign])


@given(st.lists(st.binary(min_size=1, max_size=SLOT_BYTES - HEADER.size), max_size=4), st.data())
def test_a_torn_record_is_none_and_the_others_are_whole(written: list[bytes], data: st.DataObject) -> None:
    """However much of it was there when the process died, over whatever was in the slot before."""
    slots = bytearray()
    for record in written:
        slots += (HEADER.pack(len(record), zlib.crc32(record)) + record).ljust(SLOT_BYTES, b"\0")
    last = HEADER.pack(200, zlib.crc32(b"z" * 200)) + b"z" * 200
    torn = last[: data.draw(st.integers(0, len(last) - 1))]
    old = data.draw(st.sampled_from([b"\0" * SLOT_BYTES, b"y" * SLOT_BYTES]))
    slots += torn + old[len(torn) :]

    assert list(records(bytes(slots))) == written


@given(st.binary(max_size=3 * SLOT_BYTES))
def test_no_bytes_break_a_reader(data: bytes) -> None:
    """A file of another make has no records, but by a chance of one to four billion."""
    assert list(records(data)) == []
