"""What a process has told the ledger and the database does not have yet, in a file mapped into its memory.

A record costs a copy in memory, no system call, and is there when the process is killed: the pages are the kernel's.
It does not outlive a crash of the whole machine.
"""

from __future__ import annotations

import itertools
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import psutil

from nearline_router.process import still_runs

FOLDER, SUFFIX = "journals", ".journal"
# An attempt without long names takes some 600 bytes. 512 are those of 200 ms at 2,500 attempts a second.
SLOT_BYTES, SLOTS = 1024, 512
# The length of a record and its CRC-32, before the record; length 0: the slot is free.
HEADER = struct.Struct("<II")

_number = itertools.count()


class Journal:
    """`journals/<pid>-<started in ms>-<number>.journal` in a folder. Raises OSError when it cannot be made.

    `write` is for one thread, `free` may be called by another one.
    """

    def __init__(self, folder: Path, slots: int = SLOTS) -> None:
        started_ms = round(psutil.Process().create_time() * 1000)
        self.path = folder / FOLDER / f"{os.getpid()}-{started_ms}-{next(_number)}{SUFFIX}"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(self.path, flags, 0o600), "r+b") as file:
            # Written, not only made longer: a page that finds no room on the disk later would end the process.
            file.write(bytes(slots * SLOT_BYTES))
            file.flush()
            self._map = mmap.mmap(file.fileno(), 0)
        # The last one freed is the next one used, so that few pages are in use.
        self._free = list(range(slots))
        self._slots = slots

    @property
    def lost(self) -> bool:
        """Whether nobody will find it: its file was removed. Reads the folder."""
        return not self.path.exists()

    def write(self, record: bytes) -> int | None:
        """The slot that has it now; None when it is too long or none is free."""
        if len(record) > SLOT_BYTES - HEADER.size or not self._free:
            return None
        slot = self._free.pop()
        start = slot * SLOT_BYTES
        self._map[start : start + HEADER.size + len(record)] = HEADER.pack(len(record), zlib.crc32(record)) + record
        return slot

    def free(self, slot: int) -> None:
        """The database has that record."""
        self._map[slot * SLOT_BYTES : slot * SLOT_BYTES + HEADER.size] = bytes(HEADER.size)
        self._free.append(slot)

    def close(self) -> bool:
        """Remove the file; False where records are in it, which whoever comes next should read."""
        if len(self._free) < self._slots:
            return False
        self._map.close()
        self.path.unlink(missing_ok=True)
        return True


def records(data: bytes) -> Iterator[bytes]:
    """The whole records in a journal's bytes; one that was being written when its process died is none."""
    for start in range(0, len(data) - HEADER.size, SLOT_BYTES):
        length, checksum = HEADER.unpack_from(data, start)
        record = data[start + HEADER.size : start + HEADER.size + length]
        if 0 < length == len(record) <= SLOT_BYTES - HEADER.size and zlib.crc32(record) == checksum:
            yield record


def left_behind(folder: Path) -> list[Path]:
    """The journals of processes that live no more."""
    return [path for path in (folder / FOLDER).glob(f"*{SUFFIX}") if not _owner_runs(path)]


def _owner_runs(path: Path) -> bool:
    try:
        pid, started_ms, _ = map(int, path.stem.split("-"))
    except ValueError:
        return False
    return still_runs(pid, started_ms / 1000)
