"""The real engine as the tests use it: started without the supervisor, asked over HTTP, surely ended."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
from filelock import FileLock

from nearline_router.engine.host import EngineParams
from nearline_router.engine.state import EngineState, read_state
from tests.waiting import wait_until

# EngineParams with the real model for a folder, and changes by keyword.
ParamsFor = Callable[..., EngineParams]

HOST = [sys.executable, "-P", "-m", "nearline_router.engine.host"]
END_TIMEOUT_S = 20.0


class HostedEngine:
    """One engine process of our own. Its standard error goes where the supervisor would put it."""

    def __init__(self, params: EngineParams) -> None:
        self.folder = Path(params.runtime_dir)
        self.log = self.folder / "engine.log"
        with self.log.open("wb") as stderr:
            self.process = subprocess.Popen(HOST, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr)
        assert self.process.stdin is not None
        self.process.stdin.write(params.to_json().encode() + b"\n")
        self.process.stdin.close()
        self.state = wait_until(self._up, "the engine to start", 60)

    def _up(self) -> EngineState | None:
        assert self.process.poll() is None, self.log.read_text()
        return read_state(self.folder)

    def ask(self, path: str, body: bytes | None = None, key: str | None = None) -> tuple[int, str]:
        """Status and text of one request; `key` other than None is sent instead of the engine's own."""
        return ask(self.state, path, body, key)

    def ended(self) -> int:
        """The exit status, when it has ended by itself."""
        return self.process.wait(END_TIMEOUT_S)

    def close(self) -> None:
        """End it if it has not ended, and see that it is gone."""
        self.process.terminate()
        self.process.wait(END_TIMEOUT_S)


def ask(state: EngineState, path: str, body: bytes | None = None, key: str | None = None) -> tuple[int, str]:
    """Status and text of one request to an engine."""
    bearer = state.key if key is None else key
    request = urllib.request.Request(state.url + path, body)  # noqa: S310 (its own URL)
    request.add_header("Authorization", f"Bearer {bearer}")
    request.add_header("Content-Type", "application/json")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=90) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def metrics(state: EngineState) -> dict[str, float]:
    """The engine's own counters, such as `tokens_predicted_total`, as they are at one moment."""
    lines = [line.removeprefix("llamacpp:").split() for line in ask(state, "/metrics")[1].splitlines()]
    return {name: float(value) for name, value in (line for line in lines if len(line) == 2)}


def end_all(folder: Path) -> None:
    """End whatever engine lives in a folder, and prove with its own lock that none is left."""
    give_up_s = time.monotonic() + END_TIMEOUT_S
    while state := read_state(folder):
        assert time.monotonic() < give_up_s, f"engine {state.pid} does not end"
        process = psutil.Process(state.pid)
        process.terminate()
        psutil.wait_procs([process], timeout=END_TIMEOUT_S)
    with FileLock(folder / "engine.lock", timeout=END_TIMEOUT_S):
        pass
