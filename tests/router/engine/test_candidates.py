"""What is tried for a model and a machine."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import psutil
import pytest

from nearline_router.engine.candidates import candidates
from nearline_router.engine.catalogue import MODELS, find_model
from nearline_router.engine.store import ModelStore
from nearline_router.engine.tuning import Tuning

SMALL, LARGE = find_model("qwen2.5-coder-0.5b"), find_model("qwen2.5-coder-1.5b")


def names(tmp_path: Path, file_name: str = "mine.gguf", threads: int | None = None) -> list[str]:
    """Of the candidates, for a model by its file's name."""
    return [one.name for one in candidates(f"/models/{file_name}", threads, ModelStore(tmp_path))]


def cores(monkeypatch: pytest.MonkeyPatch, physical: int | None, logical: int) -> None:
    """A machine with so many."""
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True, _both=(physical, logical): _both[logical])


@pytest.mark.parametrize(
    ("physical", "logical", "expected"),
    [
        (1, 1, []),
        (None, 1, []),
        (2, 2, ["threads 1"]),
        (2, 4, ["threads 1", "batch threads 4"]),
        (8, 8, ["threads 7", "threads 4"]),
    ],
)
def test_threads_are_those_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, physical: int | None, logical: int, expected: list[str]
) -> None:
    """Never none, and never what llama.cpp takes anyway."""
    cores(monkeypatch, physical, logical)

    assert [name for name in names(tmp_path) if "threads" in name] == expected


def test_threads_that_the_user_chose_are_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They win in any case."""
    cores(monkeypatch, 8, 16)

    assert [name for name in names(tmp_path, threads=3) if "threads" in name] == []


def test_a_smaller_model_of_the_family_drafts_where_it_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is downloaded for it, and no model drafts for itself or for a file that nobody knows."""
    absent = names(tmp_path, LARGE.file_name)
    monkeypatch.setattr(ModelStore, "installed", lambda _, model: model.id in {SMALL.id, LARGE.id})
    drafting = f"drafting {SMALL.id}"

    assert drafting not in absent
    assert drafting in names(tmp_path, LARGE.file_name)
    assert not set(names(tmp_path, SMALL.file_name)) & {f"drafting {model.id}" for model in MODELS}
    assert not set(names(tmp_path)) & {f"drafting {model.id}" for model in MODELS}


def test_each_changes_settings_that_there_are(tmp_path: Path) -> None:
    """Only threads may change what is said."""
    found = candidates("/models/mine.gguf", None, ModelStore(tmp_path))

    assert {name for one in found for name in one.changes} <= {field.name for field in fields(Tuning)}
    assert all("threads" in one.name for one in found if one.may_differ)
