"""What a checkup says of this machine: the embedded engine, the sensors, and the folders that processes share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

from nearline_router.checkup.finding import Finding, Level
from nearline_router.config.models import RouterConfig
from nearline_router.connect import catalogued, engine_params
from nearline_router.engine.state import runtime_dir
from nearline_router.engine.store import ModelStore
from nearline_router.engine.tuning import Tuning, TuningStore
from nearline_router.learned import LearnedStore, state_dir
from nearline_router.thermal.reading import Reading, SensorLost
from nearline_router.thermal.sensors import Sensors

# Clocks of file systems and of the machine may differ by this much.
CLOCK_TOLERANCE_S = 60.0
DAY_S = 86_400.0


def engine_finding(config: RouterConfig, needed: bool) -> Finding:
    """The embedded engine: its wheel and its model, by the size that was verified when it was pulled.

    `needed`: nobody else can complete code.
    """
    if not config.engine.enabled:
        return Finding("right", "engine", "switched off")
    missing: Level = "wrong" if needed else "doubtful"
    if find_spec("xllamacpp") is None:
        return Finding(missing, "engine", "llama.cpp is not installed", "pip install 'nearline[embedded]'")
    model = catalogued(config)
    path = ModelStore().path(model) if model else Path(config.engine.model).expanduser()
    if not (ModelStore().installed(model) if model else path.is_file()):
        hint = f"nearline model pull {model.id}" if model else "set engine.model to an id or to a GGUF file"
        return Finding(missing, "engine", f"its model is not here, or not whole: {path}", hint)
    return Finding("right", "engine", f"llama.cpp is installed, and its model is here: {path}")


def tuning_finding(config: RouterConfig) -> Finding | None:
    """The settings that the embedded engine starts with; None where it is switched off."""
    params = engine_params(config)
    if params is None:
        return None
    store = TuningStore()
    stored = store.load(params.model_path)
    again = "nearline doctor --tune"
    if stored is None:
        return Finding("right", "tuning", "llama.cpp's own settings; none were measured for this model here", again)
    if stored.refused:
        text = f"llama.cpp does not start with {stored.tuning}, so its own settings are used: {stored.refused}"
        return Finding("doubtful", "tuning", text, again)
    tuning = store.in_force(params.model_path)
    if tuning == Tuning():
        return Finding("right", "tuning", "llama.cpp's own settings, which were measured to be the fastest here")
    return Finding("right", "tuning", f"{tuning}: keystrokes take {stored.saved:.0%} less")


async def sensors_finding(sensors: Sensors | None) -> Finding:
    """What the machine's sensors say now; without any the speed of answers tells the heat."""
    unknown = "; heat is told by the speed of answers"
    if sensors is None:
        return Finding("right", "sensors", f"none that is known for this platform{unknown}")
    try:
        reading = await sensors.read()
    except SensorLost:
        return Finding("doubtful", "sensors", f"none answers on this machine{unknown}")
    return Finding("right", "sensors", _read(reading) if reading else "they answer, and had nothing to say this time")


def _read(reading: Reading) -> str:
    warmth = "" if reading.temperature_c is None else f"{reading.temperature_c:.0f} °C"
    pressure = "" if reading.pressure is None else f"thermal pressure {reading.pressure.name.lower()}"
    return "they read " + ", ".join(part for part in (warmth, pressure) if part)


def queue_finding() -> Finding:
    """Whether all windows of the machine can share the limits of endpoints: a lock in the folder of locks."""
    try:
        folder = runtime_dir()
        path = folder / f"checkup-{os.getpid()}.lock"
        with FileLock(path, timeout=0):
            pass
        path.unlink(missing_ok=True)
    except (OSError, NotImplementedError) as error:  # the second: a file system without locks
        text = f"windows cannot share the limits of endpoints: {type(error).__name__} in the folder of locks"
        return Finding("wrong", "queue", text, "make the folder writable, or name another in NEARLINE_RUNTIME_DIR")
    return Finding("right", "queue", f"windows share the limits of endpoints in {folder}")


def learned_finding(clock: Callable[[], float] = time.time) -> Finding:
    """What is remembered of endpoints' speeds, and whether its time can be right. `clock`: Unix time in seconds."""
    path = state_dir() / "learned.json"
    try:
        age_s = clock() - path.stat().st_mtime
    except FileNotFoundError:
        return Finding("right", "learned", "nothing yet of the speed of endpoints")
    except OSError as error:
        return Finding("doubtful", "learned", f"{path} cannot be read: {type(error).__name__}", "look at its rights")
    if age_s < -CLOCK_TOLERANCE_S:
        text = f"{path} was written {-age_s / DAY_S:.1f} days in the future"
        return Finding("doubtful", "learned", text, "set the machine's clock")
    names = [name for name in LearnedStore(path).load() if name != "spending"]
    return Finding("right", "learned", f"the speed of {len(names)} endpoints, last written {_ago(age_s)} ago")


def _ago(age_s: float) -> str:
    hours = max(0.0, age_s) / 3600
    return (
        f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"
    )
