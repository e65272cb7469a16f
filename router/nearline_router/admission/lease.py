"""An endpoint's slots as file locks, so that all editor windows of the machine share one limit and one order.

The operating system drops a lock with the process that held it, so a killed window leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path

from filelock import BaseFileLock, FileLock

from nearline_router.admission.bell import Bell, knock
from nearline_router.admission.board import Board, Runner, Wanted, taken
from nearline_router.types import Priority

# A slot that becomes free is told at once; this is how soon the slot of a killed window is found.
RETRY_S = 0.02
FIRST = Wanted(Priority.TYPING, 0.0)


class Slot:
    """A slot that is held until `release`."""

    def __init__(self, lock: BaseFileLock, board: Board, index: int) -> None:
        self._lock = lock
        self._board = board
        self._index = index

    @property
    def is_locked(self) -> bool:
        """Whether it is still held."""
        return self._lock.is_locked

    def passed_on(self, wanted: Wanted) -> bool:
        """Keep it for the next of this window's queue; False when another window goes first."""
        if self._board.goes_before(wanted):
            return False
        self._board.enter(self._index, wanted)
        return True

    def release(self) -> None:
        """Give it back, and wake who waits."""
        self._board.leave(self._index)  # before the lock: after it the row may be the next one's
        self._lock.release()
        _wake(self._board)


class Lease:
    """The machine-wide slots of one endpoint, as one window sees them; `clock` is the same for all windows.

    Making one, and every look for a slot, raise OSError when the folder cannot be used.
    """

    def __init__(self, folder: Path, endpoint_id: str, slots: int, clock: Callable[[], float] = time.monotonic) -> None:
        # The hash keeps apart what looks alike on a disk; the name is there for people.
        name = re.sub(r"[^A-Za-z0-9_-]", "_", endpoint_id)[:40]
        mark = hashlib.sha256(endpoint_id.encode()).hexdigest()[:8]
        paths = [folder / f"slot-{name}-{mark}-{n}.lock" for n in range(slots)]
        self._locks = [FileLock(path, thread_local=False, timeout=0) for path in paths]
        self._board = Board(folder, f"{name}-{mark}", clock)
        self._bell: Bell | None = None

    def try_acquire(self, wanted: Wanted = FIRST) -> Slot | None:
        """A held slot, if one is free and no other window goes first."""
        if self._bell:
            # Before the look: who gives a slot back after it finds us on the board, and knocks.
            self._post(wanted, self._bell.port)
        if self._board.goes_before(wanted):
            return None
        for index, lock in enumerate(self._locks):
            if not lock.is_locked and taken(lock):
                self._board.enter(index, wanted)
                return Slot(lock, self._board, index)
        return None

    async def acquire(self, wanted: Callable[[], Wanted | None] = lambda: FIRST) -> Slot | None:
        """A held slot as soon as there is one, or None once `wanted`, asked before each look, is None.

        Until then the other windows know what waits here.
        """
        with Bell() as bell:
            self._bell = bell
            try:
                while place := wanted():
                    if slot := self.try_acquire(place):
                        return slot
                    await bell.rung(RETRY_S)
                return None
            finally:
                if self._bell is bell:  # else the next one has begun before this one's cancel arrived
                    self._bell = None
                    self._withdraw()

    def urgent_waits(self) -> bool:
        """Whether a keystroke or an action waits in another window."""
        return self._board.urgent_waits()

    def running_elsewhere(self) -> list[Runner]:
        """What other windows have inside, as they said when it went in."""
        runners = self._board.running(len(self._locks))
        return [runner for runner in runners if not self._locks[runner.slot].is_locked]

    def waiting_elsewhere(self) -> list[Wanted]:
        """The most urgent that waits in each other window."""
        return [waiter.wanted for waiter in self._board.waiting()]

    def _post(self, wanted: Wanted, port: int) -> None:
        before = self._board.posted
        self._board.post(wanted, port)
        if before and before < wanted:
            _wake(self._board)

    def _withdraw(self) -> None:
        self._board.withdraw()
        _wake(self._board)


def _wake(board: Board) -> None:
    if waiting := board.waiting():
        knock(waiter.port for waiter in waiting)
