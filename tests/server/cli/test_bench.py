"""`nearline bench`: files replayed at the real server, and what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scripted_llama import MODEL, ScriptedLlama

from .conftest import Run

FUNCTION = """def function_{0}(first, second):
    value = compute(first)
    return value + second.another_of_these_{0}


"""


@pytest.fixture
def folder(tmp_path: Path, llama: ScriptedLlama, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file of which the model knows a line, and a typist who needs no time to think."""
    monkeypatch.setattr("nearline_server.replay.visit.LOOK_S", 0.0)
    monkeypatch.setattr("nearline_server.replay.timed.SETTLE_S", 0.0)
    monkeypatch.setattr("nearline_server.replay.timed.KEYS", 10)
    monkeypatch.setattr("nearline_server.replay.session.MEDIAN_GAP_S", 0.1)
    monkeypatch.setattr("nearline_server.replay.session.LINE_END_S", 0.0)
    monkeypatch.setattr("nearline_server.replay.session.BLOCK_S", 0.0)
    monkeypatch.setenv("NEARLINE_STATE_DIR", str(tmp_path / "state"))
    llama.pieces = ["value", " = compute(first)"]
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text("".join(FUNCTION.format(number) for number in range(20)))
    return folder


def test_json_is_one_object_and_the_page_is_written_for_its_owner(
    run: Run, config: Path, folder: Path, tmp_path: Path
) -> None:
    """What was saved at what cost, by which model; nothing else is printed, and no file is changed."""
    before = (folder / "a.py").read_text()
    page = tmp_path / "page.html"
    result = run("bench", folder, "--minutes", "0.01", "--json", "--html", page, "--config", config)
    figures = json.loads(result.stdout)

    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert MODEL in figures["title"]
    assert figures["sessions"] == len(figures["each"]) > 0
    assert figures["saved"] > 0
    assert figures["stale"] == 0
    assert "<svg" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
    assert (folder / "a.py").read_text() == before


def test_in_a_pipe_it_is_plain_lines_and_tables(run: Run, config: Path, folder: Path) -> None:
    """A line for each session, then what the user gets and what it costs."""
    result = run("bench", folder / "a.py", "--minutes", "0.01", "--config", config)

    assert result.exit_code == 0
    assert "characters saved  a.py" in result.stdout
    assert [row for row in ("saved", "wrong", "flicker", "answer p50", "busy") if row not in result.stdout] == []
    assert "\x1b" not in result.output


def test_where_there_is_nothing_to_type_it_says_so(run: Run, config: Path, tmp_path: Path) -> None:
    """One sentence, and nothing is started."""
    (tmp_path / "empty").mkdir()
    result = run("bench", tmp_path / "empty", "--config", config)

    assert result.exit_code == 1
    assert "nothing to take out" in result.output
