"""`nearline complete`: one completion through the server's own pipeline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scripted_llama import MODEL, ScriptedLlama
from tests.server.prompts import around_cursor

from .conftest import Run, write_config


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file to complete."""
    path = tmp_path / "a.py"
    path.write_bytes("import os\n\ns = '😀' + \ny = 1\n".encode())
    return path


def test_json_tells_everything_about_one_completion(run: Run, config: Path, source: Path) -> None:
    """One object: the text, who gave it, how it was found, and where its time and its tokens went."""
    result = run("complete", f"{source}:3:11", "--json", "--config", config)
    told = json.loads(result.stdout)

    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert (told["text"], told["endpoint"], told["model"], told["found"]) == ("hello world", "local", MODEL, "model")
    assert 0 < told["ttft_ms"] <= told["total_ms"]
    assert {"gate", "lookup", "context", "queue", "model", "trim"} <= set(told["stages_ms"])
    assert (told["evaluated_tokens"] > 0, told["cached_tokens"], told["output_tokens"] > 0) == (True, 0, True)


def test_without_json_standard_output_is_the_text(run: Run, config: Path, source: Path) -> None:
    """What can be piped on is the text alone; the figures are beside it."""
    result = run("complete", f"{source}:3:11", "--config", config)

    assert (result.exit_code, result.stdout) == (0, "hello world\n")
    assert all(word in result.stderr for word in ("local", MODEL, "model", "ms", "prompt tokens"))


def test_line_and_column_count_characters_from_one(run: Run, config: Path, source: Path, llama: ScriptedLlama) -> None:
    """An emoji is one column, and the prompt is the file's text on either side."""
    run("complete", f"{source}:3:11", "--config", config)

    assert around_cursor(llama.completions[0]) == ("import os\n\ns = '😀' + ", "\ny = 1\n")


@pytest.mark.parametrize("content", [b"x = 1\r\ny = \r\n", b"x = '\xe4\xff'\ny = \n", b"\xef\xbb\xbfx = 1\ny = "])
def test_the_file_may_be_of_any_kind(run: Run, config: Path, tmp_path: Path, content: bytes) -> None:
    """CRLF, an encoding that is not UTF-8, a byte order mark: a completion all the same."""
    path = tmp_path / "odd.py"
    path.write_bytes(content)

    assert run("complete", f"{path}:2:5", "--config", config).stdout == "hello world\n"


def test_an_empty_answer_says_why(run: Run, config: Path, tmp_path: Path) -> None:
    """A file that is no text gets an empty line and the reason."""
    path = tmp_path / "binary.py"
    path.write_bytes(b"\0\0\0")
    result = run("complete", f"{path}:1:2", "--json", "--config", config)
    told = json.loads(result.stdout)

    assert (result.exit_code, told["text"], told["found"], told["reason"]) == (0, "", "none", "binary")
    assert (told["ttft_ms"], told["evaluated_tokens"]) == (None, None)


@pytest.mark.parametrize("where", ["a.py", "a.py:3", "a.py:x:y", ":3:3", "a.py:-1:2"])
def test_what_is_no_place_is_a_wrong_usage(run: Run, config: Path, where: str) -> None:
    """The message shows what one looks like."""
    result = run("complete", where, "--config", config)

    assert result.exit_code == 2
    assert "is not FILE:LINE:COL, such as main.py:12:5" in result.stderr


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("0:1", "has lines 1 to 5, not 0"),
        ("6:1", "has lines 1 to 5, not 6"),
        ("3:0", "line 3 of"),
        ("3:12", "has columns 1 to 11, not 12"),
    ],
)
def test_a_place_that_is_not_there_is_said(run: Run, config: Path, source: Path, place: str, reason: str) -> None:
    """One line that says which places there are."""
    result = run("complete", f"{source}:{place}", "--config", config)

    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert reason in result.stderr


@pytest.mark.parametrize(("name", "reason"), [("missing.py", "No such file"), ("", "directory")])
def test_a_file_that_cannot_be_read_is_said(run: Run, config: Path, tmp_path: Path, name: str, reason: str) -> None:
    """With the system's own reason."""
    result = run("complete", f"{tmp_path / name}:1:1", "--config", config)

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert reason in result.stderr


def test_without_a_model_server_it_fails_with_the_reason(run: Run, source: Path, tmp_path: Path) -> None:
    """No traceback: one line, and status 1."""
    config = write_config(tmp_path / "nowhere.yaml", "http://127.0.0.1:9")
    result = run("complete", f"{source}:3:11", "--json", "--config", config)

    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert "no local model server answers" in result.stderr


def test_a_wrong_configuration_is_said(run: Run, source: Path, tmp_path: Path) -> None:
    """With file, line and column."""
    config = tmp_path / "wrong.yaml"
    config.write_text("engine:\n  enabled: perhaps\n")
    result = run("complete", f"{source}:3:11", "--config", config)

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert f"{config}:2:12" in result.stderr
