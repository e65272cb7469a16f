"""The file of earlier runs."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from nearline_server.quality.history import FILE, Run, earlier_runs, remember

RUN = Run("2026-11-23T10:00:00+00:00", "m.gguf", "abcd", "epw", 12.5)


def test_runs_of_the_same_model_and_set_come_back_in_order(tmp_path: Path) -> None:
    """Others are another story."""
    later = Run("2026-11-24T10:00:00+00:00", "m.gguf", "abcd", "eew", 11.0)
    other = Run("2026-11-24T10:00:00+00:00", "m.gguf", "ffff", "eewe", 11.0)
    for run in (RUN, other, later, Run("2026-11-24T10:00:00+00:00", "n.gguf", "abcd", "eew", 11.0)):
        remember(tmp_path / "state", run)

    assert earlier_runs(tmp_path / "state", RUN) == [RUN, later]


def test_nothing_was_run_before_the_first_time(tmp_path: Path) -> None:
    """A file that is not there is empty."""
    assert earlier_runs(tmp_path, RUN) == []


def test_a_line_that_is_none_is_left_out(tmp_path: Path) -> None:
    """Half a line, another format, other types: the runs around them count."""
    remember(tmp_path, RUN)
    with (tmp_path / FILE).open("a") as file:
        file.write('{"time": "2026\n[1]\n{"model": "m.gguf"}\n')
        values = {"time": 1, "model": "m.gguf", "holes": "abcd", "letters": 5, "seconds": ""}
        file.write(json.dumps(values) + "\n")

    assert earlier_runs(tmp_path, RUN) == [RUN]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """As everything in the state folder."""
    remember(tmp_path, RUN)

    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
