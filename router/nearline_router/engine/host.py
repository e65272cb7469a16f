"""The engine process: llama.cpp on loopback behind a random key, one slot, ended when idle.

Started by the first language server (or by `nearline engine`), shared by all windows of the user. Lock
`engine.lock` is held for as long as it lives, so there is at most one. The parameters arrive as one JSON
line on standard input, so that a model's path is the only thing a process list shows.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock, Timeout

from nearline_router.engine.llama_settings import apply_tuning
from nearline_router.engine.state import EngineState, remove_state, write_state
from nearline_router.engine.tuning import Tuning, TuningStore
from nearline_router.errors import EngineError

# How the error begins with which llama.cpp itself refuses a model or its settings.
COULD_NOT_LOAD = "llama.cpp could not load"
# Room for prompts that wait in memory while another is worked on; a 1,000-token one of the 0.5B is 12 MB.
PROMPT_CACHE_MIB = 512
# How often activity is looked at; also the accuracy of `idle_s`.
ACTIVITY_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class EngineParams:
    """What the engine is started with. `threads` None leaves the choice to the tuning, and that to llama.cpp.

    `tuning` None is what was measured for this model on this machine, once `tuned` has looked it up.
    """

    model_path: str
    runtime_dir: str
    context_tokens: int = 4096
    idle_s: float = 900.0
    threads: int | None = None
    tuning: Tuning | None = None

    def tuned(self) -> EngineParams:
        """With the tuning that is in force, unless one is given. Reads files, so call it in a thread."""
        return self if self.tuning is not None else replace(self, tuning=TuningStore().in_force(self.model_path))

    def to_json(self) -> str:
        """One line for the engine's standard input."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> EngineParams:
        """What `to_json` wrote."""
        values = json.loads(line)
        tuning = values.pop("tuning", None)
        return cls(**values, tuning=Tuning(**tuning) if tuning else None)


def serve(params: EngineParams) -> None:
    """Host the model until idle, SIGTERM or SIGINT; then the process ends. Raises EngineError if it cannot start."""
    folder = Path(params.runtime_dir)
    try:
        with FileLock(folder / "engine.lock", timeout=0):
            _serve_locked(params, folder)
    except Timeout:
        raise EngineError("an engine of this user already runs") from None


def _serve_locked(params: EngineParams, folder: Path) -> None:
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    key = secrets.token_urlsafe(32)
    server = _start_llama(params, key)
    pid = os.getpid()
    started_s = psutil.Process(pid).create_time()
    write_state(folder, EngineState(server.listening_address, key, Path(params.model_path).name, pid, started_s))
    try:
        _wait_until_idle(server, params.idle_s, stop)
    finally:
        remove_state(folder, pid)
    # llama.cpp's server would wait for who is connected, and they for the server that answers no more.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _start_llama(params: EngineParams, key: str) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise EngineError("the embedded engine is not installed; run: pip install 'nearline[embedded]'") from error
    try:
        return xllamacpp.Server(_llama_params(xllamacpp, params, key))
    except Exception as error:  # the binding raises bare RuntimeError and worse
        raise EngineError(f"{COULD_NOT_LOAD} {Path(params.model_path).name}: {error}") from error


def _llama_params(xllamacpp: Any, params: EngineParams, key: str) -> Any:
    llama = xllamacpp.CommonParams()
    llama.model.path = params.model_path
    llama.hostnames = ["127.0.0.1"]
    llama.port = 0
    llama.api_keys = [key]
    llama.n_ctx = params.context_tokens
    llama.n_parallel = 1
    llama.cache_ram_mib = PROMPT_CACHE_MIB
    llama.endpoint_metrics = True
    llama.ui = False
    # At its usual level llama.cpp's log can hold pieces of prompts; errors are what a user needs of it.
    llama.verbosity = 1
    apply_tuning(xllamacpp, llama, params.tuning or Tuning(), params.threads)
    return llama


def _wait_until_idle(server: Any, idle_s: float, stop: threading.Event) -> None:
    seen, last_activity = None, time.monotonic()
    while not stop.wait(min(ACTIVITY_POLL_S, idle_s)):
        counters = _activity(server)
        # The counters stand still until a request is done, however long it takes.
        if counters != seen or "llamacpp:requests_processing 0" not in counters:
            seen, last_activity = counters, time.monotonic()
        if time.monotonic() - last_activity >= idle_s:
            return


def _activity(server: Any) -> list[str]:
    """The counters that grow with work and the gauge of work in progress."""
    names = (
        "llamacpp:prompt_tokens_total",
        "llamacpp:tokens_predicted_total",
        "llamacpp:requests_processing",
    )
    metrics = server.handle_metrics()
    text = metrics if isinstance(metrics, str) else str(metrics)
    return [line for line in text.splitlines() if line.startswith(names)]


def main() -> None:
    """Read the parameters from standard input and serve; a failure is one line on standard error."""
    try:
        serve(EngineParams.from_json(sys.stdin.readline()))
    except EngineError as error:
        sys.exit(f"nearline engine: {error}")


if __name__ == "__main__":
    main()
