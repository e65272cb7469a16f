"""An endpoint's slots as file locks, so that all editor windows of the machine share one limit.

The operating system drops a lock with the process that held it, so a killed window leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

# How often a slot that another window holds is looked at again.
RETRY_S = 0.003


class Lease:
    """The machine-wide slots of one endpoint."""

    def __init__(self, folder: Path, endpoint_id: str, slots: int) -> None:
        # The hash keeps apart what looks alike on a disk; the name is there for people.
        name = re.sub(r"[^A-Za-z0-9_-]", "_", endpoint_id)[:40]
        mark = hashlib.sha256(endpoint_id.encode()).hexdigest()[:8]
        paths = [folder / f"slot-{name}-{mark}-{n}.lock" for n in range(slots)]
        self._locks = [FileLock(path, thread_local=False, timeout=0) for path in paths]

    async def acquire(self) -> BaseFileLock:
        """A held slot; release it when the stream has ended."""
        while True:
            for lock in self._locks:
                if not lock.is_locked and _taken(lock):
                    return lock
            await asyncio.sleep(RETRY_S)


def _taken(lock: BaseFileLock) -> bool:
    try:
        lock.acquire()
    except Timeout:
        return False
    return True
