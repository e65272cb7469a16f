"""The machine's part of a checkup: engine, sensors, locks, and what was learned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nearline_router.checkup import machine
from nearline_router.checkup.machine import (
    engine_finding,
    learned_finding,
    queue_finding,
    sensors_finding,
    tuning_finding,
)
from nearline_router.config.models import RouterConfig
from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, find_model
from nearline_router.engine.tuning import StoredTuning, Tuning, TuningStore
from nearline_router.thermal.reading import Pressure, Reading, SensorLost
from nearline_router.thermal.sensors import Sensors


class Sensor:
    """One that says always the same."""

    name = "scripted"

    def __init__(self, reading: Reading | None) -> None:
        self._reading = reading

    def read(self) -> Reading | None:
        """See Sensor."""
        return self._reading


class Broken:
    """One that is not there."""

    name = "broken"

    def read(self) -> Reading | None:
        """See Sensor."""
        raise SensorLost


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Models and state in a folder of the test; the wheel is installed."""
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("NEARLINE_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(machine, "find_spec", lambda name: name)
    return tmp_path


def engine(**changes: object) -> RouterConfig:
    """A configuration of the engine."""
    return RouterConfig.model_validate({"engine": changes})


def test_an_engine_that_is_switched_off_is_not_missed() -> None:
    """Whatever else there is."""
    assert engine_finding(engine(enabled=False), needed=True).level == "right"


@pytest.mark.parametrize(("needed", "level"), [(True, "wrong"), (False, "doubtful")])
def test_a_model_that_is_not_here_is_wrong_where_it_is_needed(needed: bool, level: str) -> None:
    """And the command that fetches it is said."""
    finding = engine_finding(engine(), needed)

    assert (finding.level, finding.hint) == (level, f"nearline model pull {DEFAULT_MODEL_ID}")


def test_a_model_that_is_not_whole_is_as_good_as_none(folders: Path) -> None:
    """Its size was verified when it was pulled, and must be that still."""
    (folders / "models").mkdir()
    (folders / "models" / find_model(DEFAULT_MODEL_ID).file_name).write_bytes(b"GGUF")

    assert engine_finding(engine(), needed=True).level == "wrong"


def test_a_model_by_its_path_is_looked_for_there(folders: Path) -> None:
    """Nobody knows its size."""
    path = folders / "mine.gguf"
    before = engine_finding(engine(model=str(path)), needed=True)
    path.write_bytes(b"GGUF")

    assert (before.level, before.hint) == ("wrong", "set engine.model to an id or to a GGUF file")
    assert engine_finding(engine(model=str(path)), needed=True).level == "right"


def test_without_the_wheel_there_is_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what to install is said."""
    monkeypatch.setattr(machine, "find_spec", lambda _: None)
    finding = engine_finding(engine(), needed=True)

    assert (finding.level, finding.hint) == ("wrong", "pip install 'nearline[embedded]'")


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        (Reading(54.4), "they read 54 °C"),
        (Reading(None, Pressure.HEAVY), "they read thermal pressure heavy"),
        (Reading(54.4, Pressure.NOMINAL), "they read 54 °C, thermal pressure nominal"),
        (None, "they answer, and had nothing to say this time"),
    ],
)
async def test_sensors_say_what_they_read(reading: Reading | None, text: str) -> None:
    """In the units of people."""
    finding = await sensors_finding(Sensors([Sensor(reading)]))

    assert (finding.level, finding.text) == ("right", text)


@pytest.mark.parametrize(("sensors", "level"), [(None, "right"), (Sensors([Broken()]), "doubtful")])
async def test_without_sensors_the_speed_tells_the_heat(sensors: Sensors | None, level: str) -> None:
    """That is no failure."""
    finding = await sensors_finding(sensors)

    assert finding.level == level
    assert "heat is told by the speed of answers" in finding.text


def test_the_folder_of_locks_is_tried_and_left_as_it_was(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock is taken and given back."""
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(folders / "runtime"))

    assert queue_finding().level == "right"
    assert list((folders / "runtime").iterdir()) == []


def test_a_folder_of_locks_that_cannot_be_used_is_wrong(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows would send more at once than an endpoint takes."""
    (folders / "file").touch()
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(folders / "file"))
    finding = queue_finding()

    assert finding.level == "wrong"
    assert "NEARLINE_RUNTIME_DIR" in finding.hint


@pytest.mark.parametrize(
    ("age_s", "level", "text"),
    [
        (90, "right", "the speed of 2 endpoints, last written 2 minutes ago"),
        (3 * 3600, "right", "3 hours ago"),
        (10 * 86_400, "right", "10 days ago"),
        (-30, "right", "0 minutes ago"),
        (-86_400, "doubtful", "was written 1.0 days in the future"),
    ],
)
def test_what_was_learned_has_an_age_that_can_be_right(folders: Path, age_s: float, level: str, text: str) -> None:
    """A file from the future tells of a clock that was set wrong."""
    path = folders / "learned.json"
    path.write_text(json.dumps({"a": {}, "b model": {}, "spending": {}}))
    written_s = path.stat().st_mtime
    finding = learned_finding(lambda: written_s + age_s)

    assert finding.level == level
    assert text in finding.text


def test_nothing_learned_yet_is_right() -> None:
    """Everybody begins like that."""
    assert learned_finding().text == "nothing yet of the speed of endpoints"


def test_an_engine_that_is_switched_off_has_no_settings() -> None:
    """There is nothing to say."""
    assert tuning_finding(engine(enabled=False)) is None


@pytest.mark.parametrize(
    ("stored", "level", "text"),
    [
        (None, "right", "llama.cpp's own settings; none were measured"),
        (StoredTuning(Tuning(), 0.0, 0.0), "right", "llama.cpp's own settings, which were measured"),
        (StoredTuning(Tuning(threads=2), 0.184, 0.0), "right", "threads 2: keystrokes take 18% less"),
        (StoredTuning(Tuning(threads=2), 0.2, 0.0, "no room"), "doubtful", "llama.cpp does not start with threads 2"),
    ],
)
def test_the_settings_in_force_are_said(folders: Path, stored: StoredTuning | None, level: str, text: str) -> None:
    """None, none better, the measured ones, and those that llama.cpp refused."""
    path = str(folders / "mine.gguf")
    if stored:
        TuningStore().save(path, stored)
    finding = tuning_finding(engine(model=path))

    assert finding is not None
    assert (finding.level, finding.text.startswith(text)) == (level, True)
    assert finding.hint == ("nearline doctor --tune" if stored is None or stored.refused else "")
