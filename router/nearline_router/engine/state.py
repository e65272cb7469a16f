"""Where the shared engine says that it lives: one small file, readable by its owner alone."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

import platformdirs
import psutil

from nearline_router.process import still_runs

END_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class EngineState:
    """A running engine: its address, key and model, and who it is (pid and start time, as pids are reused)."""

    url: str
    key: str
    model: str
    pid: int
    started_s: float

    def __repr__(self) -> str:
        """Without the key."""
        return f"EngineState(url={self.url!r}, model={self.model!r}, pid={self.pid})"

    def alive(self) -> bool:
        """Whether that very process still runs."""
        return still_runs(self.pid, self.started_s)


def runtime_dir() -> Path:
    """The folder of state files and locks, created for the owner alone; NEARLINE_RUNTIME_DIR overrides it."""
    named = os.environ.get("NEARLINE_RUNTIME_DIR")
    path = Path(named) if named else platformdirs.user_runtime_path("nearline", appauthor=False)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def engine_dir(model: str | None) -> Path:
    """The folder of the engine with this model; None is the default one, which lives in the runtime folder itself.

    Windows with other models have engines of their own, so that none is told of a model that it did not ask for.
    """
    if model is None:
        return runtime_dir()
    mark = hashlib.sha256(model.encode()).hexdigest()[:8]
    path = runtime_dir() / f"engine-{re.sub(r'[^A-Za-z0-9.-]', '_', PurePath(model).name)[:40]}-{mark}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def running_engines() -> list[EngineState]:
    """Every engine of this user, the one with the default model first."""
    folders = (runtime_dir(), *sorted(runtime_dir().glob("engine-*/")))
    return [state for folder in folders if (state := read_state(folder))]


def read_state(folder: Path) -> EngineState | None:
    """The engine that lives, or None; the file of a dead one is removed."""
    path = folder / "engine.json"
    try:
        state = EngineState(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    if state.alive():
        return state
    remove_state(folder, state.pid)  # not just the path: a new engine may have written it meanwhile
    return None


def write_state(folder: Path, state: EngineState) -> None:
    """Replace the file in one step; the key in it is for the owner's eyes only."""
    partial = folder / f"engine.json.{state.pid}"
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(asdict(state)))
    partial.replace(folder / "engine.json")


def remove_state(folder: Path, pid: int) -> None:
    """Remove the file if it is `pid`'s own."""
    path = folder / "engine.json"
    try:
        if json.loads(path.read_text()).get("pid") == pid:
            path.unlink()
    except (OSError, ValueError, AttributeError):
        return


def end_engine(folder: Path) -> None:
    """End the engine that lives in a folder, if one does, and wait until it is gone."""
    state = read_state(folder)
    if state is None:
        return
    try:
        process = psutil.Process(state.pid)
        process.terminate()
        _, alive = psutil.wait_procs([process], timeout=END_TIMEOUT_S)
        for stubborn in alive:
            stubborn.kill()
    except psutil.NoSuchProcess:
        return
