"""What the windows of a machine tell each other about one endpoint: who waits, and when a slot will be free.

A file of fixed size: a row for each window that waits, a row for each slot. Looking at it costs two system calls
and a few microseconds. It decides the order and nothing else (the limit is kept by the locks of `lease`), so a row
that is read while it is written costs a place in the queue at worst. Times are those of `time.monotonic`, which
counts from the start of the machine and so is one clock for all its processes.
"""

from __future__ import annotations

import contextlib
import os
import struct
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from filelock import BaseFileLock, FileLock, Timeout

from nearline_router.types import Priority

# beat_s, since_s, expected_ms, port, priority + 1 (0: nobody waits).
WAITER = struct.Struct("<dddHB5x")
# entered_s, ends_s, priority + 1 (0: it is free).
RUNNER = struct.Struct("<ddB15x")
WINDOWS, SLOTS = 32, 96
ROW = 32
NOBODY = bytes(WINDOWS * ROW)
# A window that has not looked for so long is stopped (Ctrl-Z does that to an editor): others do not wait for it.
STALE_S = 0.5


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """A place in the machine's queue: by class, then by who came first."""

    priority: Priority
    since_s: float
    expected_ms: float = field(default=0.0, compare=False)


class Waiter(NamedTuple):
    """The most urgent request of another window that waits, and the port at which that window is woken."""

    row: int
    wanted: Wanted
    port: int


class Runner(NamedTuple):
    """What is inside a slot, and when it is expected to leave it."""

    slot: int
    priority: Priority
    ends_s: float


class Board:
    """One window's view of the board. Making one raises OSError; afterwards what cannot be read or written is left.

    A disk that fails must not cost a slot.
    """

    def __init__(self, folder: Path, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = _opened(folder / f"board-{name}.bin")
        weakref.finalize(self, os.close, self._file)
        # A window holds the lock of its row for as long as it lives, which tells it from one that was killed.
        paths = [folder / f"window-{name}-{n}.lock" for n in range(WINDOWS)]
        self._lives = [FileLock(path, thread_local=False, timeout=0) for path in paths]
        self._row: int | None = None
        self._posted: Wanted | None = None

    def post(self, wanted: Wanted, port: int) -> None:
        """Say that this window waits, and that it is alive; without a free row it waits unseen."""
        if self._row is None:
            self._row = next((n for n in range(WINDOWS) if self._taken(n)), None)
        if self._row is not None:
            row = WAITER.pack(self._clock(), wanted.since_s, wanted.expected_ms, port, wanted.priority + 1)
            self._write(self._row, row)
            self._posted = wanted

    @property
    def posted(self) -> Wanted | None:
        """What this window said last; None: it does not wait."""
        return self._posted

    def withdraw(self) -> None:
        """This window waits no more."""
        if self._posted and self._row is not None:
            self._write(self._row, bytes(ROW))
            self._posted = None

    def waiting(self) -> list[Waiter]:
        """The other windows that wait and are not stopped; one that was killed may be among them."""
        rows = self._read(0, WINDOWS)
        return [] if rows == NOBODY else list(self._waiters(rows))

    def goes_before(self, wanted: Wanted) -> bool:
        """Whether a living window waits for something that goes first."""
        return any(waiter.wanted < wanted and self._is_alive(waiter.row) for waiter in self.waiting())

    def urgent_waits(self) -> bool:
        """Whether a keystroke or an action waits in another living window."""
        return self.goes_before(Wanted(Priority.SPECULATION, 0.0))

    def enter(self, slot: int, wanted: Wanted) -> None:
        """Say that the slot is in use and until when."""
        now_s = self._clock()
        if slot < SLOTS:
            self._write(WINDOWS + slot, RUNNER.pack(now_s, now_s + wanted.expected_ms / 1000, wanted.priority + 1))

    def leave(self, slot: int) -> None:
        """Say that the slot is free."""
        if slot < SLOTS:
            self._write(WINDOWS + slot, bytes(ROW))

    def running(self, slots: int) -> Iterator[Runner]:
        """What is in the first `slots` slots, ours too. What a killed window left ends when it would have."""
        now_s = self._clock()
        rows = RUNNER.iter_unpack(self._read(WINDOWS, min(slots, SLOTS)))
        for slot, (entered_s, ends_s, priority) in enumerate(rows):
            # Entered in the future: a row from before the machine was started anew.
            if 0 < priority <= len(Priority) and entered_s <= now_s < ends_s:
                yield Runner(slot, Priority(priority - 1), ends_s)

    def _waiters(self, rows: bytes) -> Iterator[Waiter]:
        now_s = self._clock()
        for n, (beat_s, since_s, expected_ms, port, priority) in enumerate(WAITER.iter_unpack(rows)):
            if 0 < priority <= len(Priority) and n != self._row and abs(now_s - beat_s) < STALE_S:
                yield Waiter(n, Wanted(Priority(priority - 1), since_s, expected_ms), port)

    def _is_alive(self, row: int) -> bool:
        if not self._taken(row):
            return True
        self._write(row, bytes(ROW))
        self._lives[row].release()
        return False

    def _taken(self, row: int) -> bool:
        try:
            return taken(self._lives[row])
        except OSError:
            return False

    def _read(self, row: int, rows: int) -> bytes:
        found = b""
        with contextlib.suppress(OSError):
            os.lseek(self._file, row * ROW, os.SEEK_SET)
            found = os.read(self._file, rows * ROW)
        return found.ljust(rows * ROW, b"\0")

    def _write(self, row: int, content: bytes) -> None:
        with contextlib.suppress(OSError):
            os.lseek(self._file, row * ROW, os.SEEK_SET)
            os.write(self._file, content)


def taken(lock: BaseFileLock) -> bool:
    """Whether the lock could be had at once."""
    try:
        lock.acquire()
    except Timeout:
        return False
    return True


def _opened(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    size = os.fstat(file).st_size
    os.lseek(file, size, os.SEEK_SET)
    os.write(file, bytes(max(0, (WINDOWS + SLOTS) * ROW - size)))
    return file
