"""The user's engines while something is measured."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest
from filelock import FileLock, Timeout

from nearline_router.engine import alone as module
from nearline_router.engine.alone import alone
from nearline_router.engine.state import EngineState, engine_dir, read_state, runtime_dir, write_state
from nearline_router.errors import EngineError


def test_every_engine_is_ended() -> None:
    """Those of other models compute too."""
    folder = engine_dir("/models/mine.gguf")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started_s = psutil.Process(process.pid).create_time()
        write_state(folder, EngineState("http://127.0.0.1:1", "key", "mine.gguf", process.pid, started_s))
        with alone():
            assert not psutil.pid_exists(process.pid)

    assert read_state(folder) is None


def test_no_window_starts_one_meanwhile() -> None:
    """It waits for its lock, and has it afterwards."""
    lock = FileLock(runtime_dir() / "start.lock", is_singleton=False)
    with alone(), pytest.raises(Timeout):
        lock.acquire(timeout=0)

    with lock.acquire(timeout=0):
        pass


def test_where_a_window_is_starting_one_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be there in the middle of a measurement."""
    monkeypatch.setattr(module, "LOCK_TIMEOUT_S", 0.05)
    with (
        FileLock(runtime_dir() / "start.lock"),
        pytest.raises(EngineError, match="being started right now"),
        alone(),
    ):
        pass
