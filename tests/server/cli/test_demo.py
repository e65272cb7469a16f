"""`nearline demo`: a file typed at the real server, and the figures at the end."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from nearline_server.cli import demo
from tests.scripted_llama import MODEL, ScriptedLlama

from .conftest import Run, write_config

LINE = "    value = compute(first)"


@pytest.fixture
def source(tmp_path: Path, llama: ScriptedLlama, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short file of which the model knows most of every line, and a typist who needs no time to think."""
    monkeypatch.setattr(demo, "LOOK_S", 0.0)
    monkeypatch.setattr(demo, "gaps_s", lambda _: itertools.repeat(0.1))
    llama.pieces = ["value", " = compute("]
    path = tmp_path / "short.py"
    path.write_text("import os\n\n\ndef f(first):\n" + "".join(f"{LINE}  # {n}\n" for n in range(2)))
    return path


def test_json_is_one_object_with_the_figures(run: Run, config: Path, source: Path) -> None:
    """What was shown and saved, how fast, by which model; and nothing else is printed."""
    result = run("demo", "--file", source, "--json", "--config", config)
    figures = json.loads(result.stdout)

    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert (figures["model"], figures["endpoint"]) == (MODEL, "local")
    assert figures["suggestions"] > 0
    assert figures["saved_chars"] >= figures["accepted"] * 2
    assert 0 < figures["p50_ms"] <= figures["p95_ms"]
    assert (0 <= figures["within_budget"] <= 1, 0 <= figures["standing"] <= 1) == (True, True)
    assert {"keys", "found", "stale"} < set(figures)


def test_in_a_pipe_it_is_plain_lines_and_a_table(run: Run, config: Path, source: Path) -> None:
    """What is shown as it is typed, the closing table, and how to connect an editor; no control sequences."""
    result = run("demo", "--file", source, "--config", config)
    rows = ["suggestions shown", "p50", "p95", "within 150 ms", "characters saved", "stale answers", MODEL]

    assert result.exit_code == 0
    assert "║value = compute(" in result.stdout
    assert [row for row in rows if row not in result.stdout] == []
    assert "nearline lsp" in result.stdout.partition("Your editor:")[2]
    assert "\x1b" not in result.output


def test_without_a_model_server_it_fails_with_the_reason(run: Run, source: Path, tmp_path: Path) -> None:
    """Before anything is typed: one line, and status 1."""
    config = write_config(tmp_path / "nowhere.yaml", "http://127.0.0.1:9")
    result = run("demo", "--file", source, "--json", "--config", config)

    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert "no local model server answers" in result.stderr
