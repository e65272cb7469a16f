"""A dashboard over folders of a test's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from starlette.types import ASGIApp

from nearline_router.config import RouterConfig
from nearline_router.engine.state import runtime_dir
from nearline_router.learned import state_dir
from nearline_server.dashboard.app import dashboard
from nearline_server.dashboard.watch import Watch

PORT = 4711
NOW_S = 1_795_000_000.0


@dataclass
class Clock:
    """Unix time that stands still."""

    now_s: float = NOW_S

    def __call__(self) -> float:
        """See `now_s`."""
        return self.now_s


@dataclass
class Board:
    """A dashboard: its app, the path by which one comes in, and the folders that it looks at."""

    app: ASGIApp
    entrance: str
    watch: Watch
    runtime: Path
    state: Path
    clock: Clock

    @property
    def folder(self) -> str:
        """Where its pages are."""
        return self.entrance.partition("?")[0]


@pytest.fixture
def board() -> Iterator[Board]:
    """A dashboard that nobody has visited, and nothing to see."""
    clock = Clock()
    watch = Watch(clock)
    app, entrance = dashboard(watch, RouterConfig(), PORT)
    yield Board(app, entrance, watch, runtime_dir(), state_dir(), clock)

    watch.close()


Window = Callable[..., None]


@pytest.fixture
def window(board: Board) -> Window:
    """`window(endpoints, **changes)`: an editor window that lives, by what it says of itself."""

    def window(**changes: Any) -> None:
        process = psutil.Process()
        state = {"pid": os.getpid(), "started_s": process.create_time(), "folder": "/home/me/project"} | changes
        (board.runtime / f"live-{os.getpid()}.json").write_text(json.dumps(state))

    return window
