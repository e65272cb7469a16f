"""`nearline doctor --tune`: what is shown and stored; the search has its own tests in tests/router/engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nearline_router.engine.state import runtime_dir
from nearline_router.engine.tune import Tried, Tuned
from nearline_router.engine.tuning import StoredTuning, Tuning, TuningStore
from nearline_router.engine.typing_trial import Speeds
from nearline_router.errors import EngineError
from nearline_server.cli import doctor_tune

from .conftest import Run

START = Speeds(150.0, 20.0, 300.0)
FOUND = Tuned(
    Tuning(threads=1),
    0.25,
    [
        Tried("threads 1", "kept", 0.25, Speeds(160.0, 25.0, 225.0)),
        Tried("cache type q8_0", "says something else", -0.1, START),
        Tried("drafting ngram-simple", "no time left"),
    ],
    START,
)


@pytest.fixture
def model(tmp_path: Path) -> str:
    """What is configured as the engine's model."""
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF")
    return str(path)


@pytest.fixture
def config(tmp_path: Path, model: str) -> Path:
    """A configuration with that model."""
    path = tmp_path / "nearline.yaml"
    path.write_text(f"engine: {{model: '{model}'}}\n")
    return path


def finds(monkeypatch: pytest.MonkeyPatch, found: Tuned | BaseException) -> None:
    """The search ends so."""

    async def search(*_: object) -> Tuned:
        if isinstance(found, BaseException):
            raise found
        return found

    monkeypatch.setattr(doctor_tune, "tune", search)


def test_what_is_found_is_shown_and_stored(run: Run, config: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each setting, and what became of it."""
    finds(monkeypatch, FOUND)
    result = run("doctor", "--tune", "--config", config)
    stored = TuningStore().load(model)

    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()][1:4] == [
        ["llama.cpp's", "own", "150", "20.0", "300"],
        ["threads", "1", "160", "25.0", "225", "+25%", "kept"],
        ["cache", "type", "q8_0", "150", "20.0", "300", "-10%", "says", "something", "else"],
    ]
    assert "Stored: threads 1. Keystrokes take 25% less" in result.stdout
    assert stored is not None
    assert (stored.tuning, stored.saved) == (FOUND.tuning, FOUND.saved)


def test_where_nothing_is_faster_that_is_said(
    run: Run, config: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And remembered, so that `nearline doctor` does not ask for it again."""
    finds(monkeypatch, Tuned(Tuning(), 0.0, [], START))
    result = run("doctor", "--tune", "--config", config)

    assert "Nothing is faster" in result.stdout
    assert TuningStore().load(model) is not None


def test_json_is_one_object(run: Run, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress goes beside it."""
    finds(monkeypatch, FOUND)
    result = run("doctor", "--tune", "--json", "--config", config)
    told = json.loads(result.stdout)

    assert (told["model"], told["tuning"]["threads"], told["saved"]) == ("mine.gguf", 1, 0.25)
    assert [one["verdict"] for one in told["tried"]] == ["kept", "says something else", "no time left"]
    assert told["start"]["keystroke_ms"] == 300.0


@pytest.mark.parametrize(
    ("ending", "said"), [(KeyboardInterrupt(), "nothing is changed"), (EngineError("no room"), "no room")]
)
def test_what_does_not_end_well_changes_nothing(
    run: Run, config: Path, model: str, monkeypatch: pytest.MonkeyPatch, ending: BaseException, said: str
) -> None:
    """Neither Ctrl-C nor an engine that fails; the settings of before are in force."""
    before = StoredTuning(Tuning(threads=4), 0.1, 0.0)
    TuningStore().save(model, before)
    finds(monkeypatch, ending)
    result = run("doctor", "--tune", "--config", config)

    assert (result.exit_code, said in result.stderr, "Traceback" in result.output) == (1, True, False)
    assert TuningStore().load(model) == before


def test_without_the_model_nothing_is_tuned(run: Run, config: Path, model: str) -> None:
    """No engine is ended for it either."""
    Path(model).unlink()
    result = run("doctor", "--tune", "--config", config)

    assert result.exit_code == 1
    assert "is not here" in result.stderr
    assert not (runtime_dir() / "start.lock").exists()


def test_an_engine_that_is_switched_off_is_not_tuned(run: Run, config: Path) -> None:
    """The configuration says so."""
    config.write_text("engine: {enabled: false}\n")

    assert "switches the embedded engine off" in run("doctor", "--tune", "--config", config).stderr


@pytest.mark.parametrize("as_json", [True, False])
def test_what_was_stored_can_be_forgotten(run: Run, config: Path, model: str, as_json: bool) -> None:
    """Once; then there is nothing to forget."""
    TuningStore().save(model, StoredTuning(Tuning(threads=4), 0.1, 0.0))
    said = [run("doctor", "--tune", "--forget", "--config", config, *["--json"] * as_json).stdout for _ in range(2)]

    assert TuningStore().load(model) is None
    assert [one[:9] for one in said] == (['{"forgott', '{"forgott'] if as_json else ["Forgotten", "There is "])


def test_forgetting_goes_with_tuning(run: Run) -> None:
    """Alone it is a mistake."""
    assert run("doctor", "--forget").exit_code == 2
