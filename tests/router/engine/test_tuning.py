"""The file of measured settings: what is believed of it, and for which model and machine."""

from __future__ import annotations

import importlib.metadata
import os
from dataclasses import replace
from pathlib import Path

import pytest

from nearline_router.engine.host import EngineParams
from nearline_router.engine.tuning import StoredTuning, Tuning, TuningStore

STORED = StoredTuning(Tuning(threads=2, flash_attention=False, drafting="ngram-map-k"), 0.2, 1_700_000_000.0)


@pytest.fixture
def store(tmp_path: Path) -> TuningStore:
    """One of the test's own, whose folder is not there yet."""
    return TuningStore(tmp_path / "state" / "tuning.json")


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A model of four bytes."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF")
    return str(path)


def test_what_was_stored_is_in_force(store: TuningStore, model: str) -> None:
    """All of it."""
    store.save(model, STORED)

    assert store.load(model) == STORED
    assert store.in_force(model) == STORED.tuning


def test_another_model_is_not_tuned_by_it(store: TuningStore, model: str) -> None:
    """Neither one of another name nor a newer file of the same name."""
    store.save(model, STORED)
    Path(model).write_bytes(b"GGUF2")

    assert store.load(model) is store.load(str(Path(model).with_name("other.gguf"))) is None
    assert store.in_force(model) == Tuning()


def test_another_machine_is_not_tuned_by_it(store: TuningStore, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home folder can be on several, and llama.cpp can be updated."""
    store.save(model, STORED)
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "9999.1")

    assert store.load(model) is None
    store.save(model, replace(STORED, saved=0.1))
    monkeypatch.undo()
    assert store.load(model) == STORED


@pytest.mark.parametrize("text", ["", "\0", "[1]", "{", '{"a": {"tuning": 4}}'])
def test_a_broken_file_is_as_if_empty(store: TuningStore, model: str, text: str) -> None:
    """And can be written again."""
    store.save(model, STORED)
    store._path.write_text(text)

    assert store.load(model) is None
    store.save(model, STORED)
    assert store.load(model) == STORED


def test_a_broken_entry_is_as_if_not_there(store: TuningStore, model: str) -> None:
    """Somebody has edited it."""
    store.save(model, STORED)
    store._path.write_text(store._path.read_text().replace('"threads": 2', '"threads": "many"'))

    assert store.load(model) is None


def test_what_llama_refused_is_not_in_force(store: TuningStore, model: str) -> None:
    """It is remembered with the reason, for `nearline doctor`."""
    store.save(model, STORED)
    store.refuse(model, "no such thing")

    assert store.in_force(model) == Tuning()
    assert store.load(model) == replace(STORED, refused="no such thing")


def test_a_draft_model_that_was_removed_is_left_out(store: TuningStore, model: str, tmp_path: Path) -> None:
    """The other settings are as good as before."""
    draft = tmp_path / "draft.gguf"
    draft.write_bytes(b"GGUF")
    store.save(model, replace(STORED, tuning=Tuning(threads=2, drafting=str(draft))))
    before = store.in_force(model)
    draft.unlink()

    assert (before.drafting, store.in_force(model)) == (str(draft), Tuning(threads=2))


def test_what_is_forgotten_is_not_in_force(store: TuningStore, model: str) -> None:
    """And can be forgotten once."""
    store.save(model, STORED)

    assert (store.forget(model), store.forget(model), store.load(model)) == (True, False, None)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no file modes")
def test_the_file_is_readable_by_its_owner_alone(store: TuningStore, model: str) -> None:
    """Nothing half-written is left beside it."""
    store.save(model, STORED)

    assert f"{store._path.stat().st_mode & 0o777:o}" == "600"
    assert [path.name for path in store._path.parent.iterdir()] == ["tuning.json"]


def test_people_read_only_what_differs() -> None:
    """A draft model is shown by its name."""
    assert str(STORED.tuning) == "threads 2, flash attention off, drafting ngram-map-k"
    assert str(Tuning(ubatch_tokens=128, drafting="/models/small.gguf")) == "ubatch 128, drafting small.gguf"
    assert str(Tuning()) == "llama.cpp's own settings"


def test_an_engine_is_started_with_what_is_in_force(model: str) -> None:
    """Unless its settings are given."""
    TuningStore().save(model, STORED)
    params = EngineParams(model, "folder")

    assert params.tuned().tuning == STORED.tuning
    assert replace(params, tuning=Tuning()).tuned().tuning == Tuning()


@pytest.mark.parametrize("tuning", [None, Tuning(), STORED.tuning])
def test_parameters_arrive_as_they_were_sent(tuning: Tuning | None) -> None:
    """Over the engine's standard input."""
    params = EngineParams("m.gguf", "folder", threads=3, tuning=tuning)

    assert EngineParams.from_json(params.to_json()) == params
