"""Finds the engine that runs for this user, or starts it; at most one start at a time on the machine."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from nearline_router.engine.host import COULD_NOT_LOAD, EngineParams
from nearline_router.engine.state import EngineState, read_state
from nearline_router.engine.tuning import Tuning, TuningStore
from nearline_router.errors import EngineError, ModelMissing

START_TIMEOUT_S = 60.0
POLL_S = 0.02
# Seconds between attempts after 1, 2, 3 … failures in a row.
FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 30.0


class EngineSupervisor:
    """One language server's view of the shared engine.

    `clock` gives seconds that only grow; it decides the back-off and is passed in for tests.
    """

    def __init__(self, params: EngineParams, clock: Callable[[], float] = time.monotonic) -> None:
        self._params = params
        self._folder = Path(params.runtime_dir)
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._not_before_s = 0.0

    @property
    def wait_s(self) -> float:
        """Seconds until the next start may be tried."""
        return max(0.0, self._not_before_s - self._clock())

    async def ensure(self) -> EngineState:
        """The running engine, started if there is none. Raises EngineError."""
        if self.wait_s > 0:
            raise EngineError(f"the local engine failed to start; next attempt in {self.wait_s:.0f} s")
        try:
            state = await asyncio.to_thread(self._find_or_start)
        except ModelMissing:
            raise
        except EngineError:
            self._back_off()
            raise
        except OSError as error:  # a folder that cannot be written, a start elsewhere that hangs, …
            self._back_off()
            raise EngineError(f"the local engine cannot start: {error}") from error
        return state

    def died(self) -> None:
        """The engine stopped answering: count it, so that one which dies again and again is not started in a loop."""
        self._back_off()

    def lived(self) -> None:
        """The engine answered: forget earlier failures."""
        self._failures, self._not_before_s = 0, 0.0

    def _back_off(self) -> None:
        delay_s = min(LONGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2**self._failures)
        self._failures += 1
        self._not_before_s = self._clock() + delay_s

    def _find_or_start(self) -> EngineState:
        if state := read_state(self._folder):
            return state
        if not Path(self._params.model_path).is_file():
            raise ModelMissing(f"the model is not on this machine yet: {Path(self._params.model_path).name}")
        with FileLock(self._folder / "start.lock", timeout=START_TIMEOUT_S):
            return read_state(self._folder) or self._start()

    def _start(self) -> EngineState:
        """With what was measured to be fast; where llama.cpp does not start so, without it from now on."""
        params = self._params.tuned()
        try:
            return self._started(params)
        except EngineError as error:
            if self._params.tuning is not None or params.tuning == Tuning():
                raise
            state = self._started(replace(params, tuning=Tuning()))
            if COULD_NOT_LOAD not in str(error):  # a slow disk, or an end from outside, says nothing of the tuning
                return state
            with suppress(OSError):  # then the next start tries again
                TuningStore().refuse(params.model_path, str(error))
            return state

    def _started(self, params: EngineParams) -> EngineState:
        log = self._folder / "engine.log"
        log.touch(mode=0o600)
        with log.open("wb") as stderr:
            self._process = _spawn(stderr.fileno())
        # Waited for, however late it ends: the window that started it may live for days.
        threading.Thread(target=self._process.wait, daemon=True).start()
        assert self._process.stdin is not None  # noqa: S101 (asked for by stdin=PIPE)
        with suppress(BrokenPipeError), self._process.stdin as stdin:  # its log says why it has ended already
            stdin.write(params.to_json().encode() + b"\n")
        return self._wait_until_up(log)

    def _wait_until_up(self, log: Path) -> EngineState:
        assert self._process is not None  # noqa: S101 (set by _start)
        give_up_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < give_up_s:
            if state := read_state(self._folder):
                return state
            if self._process.poll() is not None:
                raise EngineError(_last_line(log) or "the local engine ended while starting")
            time.sleep(POLL_S)
        self._process.kill()
        raise EngineError(f"the local engine did not start within {START_TIMEOUT_S:.0f} s")


def _spawn(stderr: int) -> subprocess.Popen[bytes]:
    # -P: the editor's working directory is somebody's project and must not shadow our imports.
    command = [sys.executable, "-P", "-m", "nearline_router.engine.host"]
    detached = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return] # noqa: S603 (our own interpreter)
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr, **detached
    )


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("nearline engine: ") if lines else ""
