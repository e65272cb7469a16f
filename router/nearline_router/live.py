"""What a process does at the moment, in a small file that other processes of the same user can read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from nearline_router.process import still_runs

# How often the state is looked at, and so written at most.
INTERVAL_S = 1.0

log = logging.getLogger("nearline")


class LiveState:
    """Keeps `live-<pid>.json` in `folder` like what `snapshot` says, plain values without any text of a request.

    `snapshot` is called on the event loop, the file is written in a thread and only when something changed. A folder
    that cannot be written costs the file and nothing else. One for each process.
    """

    def __init__(self, folder: Path, snapshot: Callable[[], dict[str, Any]], interval_s: float = INTERVAL_S) -> None:
        self._path = folder / f"live-{os.getpid()}.json"
        self._snapshot = snapshot
        self._interval_s = interval_s
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._written: dict[str, Any] | None = None

    def start(self) -> None:
        """Begin to write; to be called once, on the event loop."""
        self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Remove the file."""
        self._closing.set()
        if self._task:
            await self._task

    async def _run(self) -> None:
        while not self._closing.is_set():
            await self._write_if_changed()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._interval_s)
        await asyncio.to_thread(_remove, self._path)

    async def _write_if_changed(self) -> None:
        state = self._snapshot()
        if state == self._written:
            return
        try:
            await asyncio.to_thread(_write, self._path, state)
            self._written = state
        except OSError as error:
            log.debug("the live state cannot be written: %s", type(error).__name__)


def live_states(folder: Path) -> list[dict[str, Any]]:
    """The states of all processes that live, the oldest process first; what dead ones left is removed.

    Each has `pid`, `started_s` (Unix time) and `folder` (the process's working directory) beside its own values.
    Reads files, so call it in a thread.
    """
    found = []
    for path in folder.glob("live-*.json"):
        try:
            state = json.loads(path.read_bytes())
        except OSError:  # gone meanwhile, or being replaced where that shuts readers out
            continue
        except (ValueError, RecursionError):
            state = None
        if isinstance(state, dict) and still_runs(state.get("pid", ""), state.get("started_s")):
            found.append(state)
        else:
            _remove(path)
    return sorted(found, key=lambda state: (state["started_s"], state["pid"]))


def _write(path: Path, state: dict[str, Any]) -> None:
    who = {"pid": os.getpid(), "started_s": psutil.Process().create_time(), "folder": str(Path.cwd())}
    partial = path.with_suffix(".part")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(state | who))
    partial.replace(path)


def _remove(path: Path) -> None:
    for one in (path, path.with_suffix(".part")):
        with contextlib.suppress(OSError):
            one.unlink(missing_ok=True)
