"""Files that change: looked at once a second, told once they rest.

Looking by name sees what editors do: a save by renaming, a file that goes and comes back, one behind a link. It costs
one `stat` for each file and needs no library, where the operating systems' notices lose a file that is renamed over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

POLL_S = 1.0
# An editor writes a file in several steps; it is told when it did not change for so long.
REST_S = 0.150

Mark = tuple[int, int, int] | None
"""Time of the last change in nanoseconds, size in bytes and number of a file; None: there is none."""

log = logging.getLogger("nearline")


class FileWatch:
    """Calls `on_change` with the files that changed, came or went; what it raises is logged by its kind.

    Made before the files are read, it misses no change; that looks at each once, so make it in a thread.
    """

    def __init__(
        self,
        paths: Iterable[Path],
        on_change: Callable[[frozenset[Path]], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._paths = tuple(paths)
        self._on_change = on_change
        self._sleep = sleep
        self._told = {path: mark(path) for path in self._paths}

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self._sleep(POLL_S)
            now = await self._look()
            if now != self._told:
                await self._tell(await self._rested(now))

    async def _rested(self, before: dict[Path, Mark]) -> dict[Path, Mark]:
        while True:
            await self._sleep(REST_S)
            now = await self._look()
            if now == before:
                return now
            before = now

    async def _tell(self, now: dict[Path, Mark]) -> None:
        changed = frozenset(path for path in self._paths if now[path] != self._told[path])
        self._told = now
        if not changed:
            return
        try:
            await self._on_change(changed)
        except Exception as error:  # noqa: BLE001 (a reload that fails must not end the watch)
            log.warning("a changed configuration was not taken up: %s", type(error).__name__)

    async def _look(self) -> dict[Path, Mark]:
        return await asyncio.to_thread(lambda: {path: mark(path) for path in self._paths})


def mark(path: Path) -> Mark:
    """What tells one state of a file from another."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
