"""The thread that the ledger is written on: one thing after the other, and no process waits for it without end."""

from __future__ import annotations

import atexit
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread, current_thread

# A disk that hangs, or a process that keeps the ledger to itself, keeps no program from ending.
LAST_S = 2.0

Jobs = SimpleQueue[tuple[Callable[[], None], Future[None]] | None]
# Those that a process which just ends waits for.
_awaited: dict[Thread, Jobs] = {}


class LedgerThread:
    """Begins with the first work, and ends with this object or its process, which waits for it no longer than `LAST_S`.

    Not an executor: the interpreter waits for the threads of those as long as it takes.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: Jobs = SimpleQueue()
        self._thread: Thread | None = None

    def submit(self, work: Callable[[], None]) -> Future[None]:
        """Do it when all before it is done. Raises RuntimeError when the interpreter ends."""
        done: Future[None] = Future()
        with self._lock:
            if self._thread is None:
                self._thread = self._begun()
            _awaited[self._thread] = self._jobs
            self._jobs.put((work, done))
        return done

    def let_go(self) -> None:
        """The process need not wait for what was submitted so far."""
        with self._lock:
            if self._thread:
                _awaited.pop(self._thread, None)

    def _begun(self) -> Thread:
        # It knows its queue alone, so that it does not keep this object.
        thread = Thread(target=_work, args=(self._jobs,), name="nearline-ledger", daemon=True)
        thread.start()
        weakref.finalize(self, self._jobs.put, None).atexit = False
        return thread


def _work(jobs: Jobs) -> None:
    while job := jobs.get():
        work, done = job
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (whoever waits for it is told)
            done.set_exception(error)
        else:
            done.set_result(None)
        # What it holds may be the last that keeps the ledger.
        del job, work, done
    _awaited.pop(current_thread(), None)


@atexit.register
def _ended() -> None:
    last_s = time.monotonic() + LAST_S
    for thread, jobs in list(_awaited.items()):
        jobs.put(None)
        thread.join(max(0.0, last_s - time.monotonic()))
