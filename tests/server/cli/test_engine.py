"""`nearline engine`: the shared engine seen, stopped, and not begun where it cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nearline_router.engine.state import EngineState, runtime_dir, write_state

from .conftest import Run

KEY = "the-engines-own-key"


@pytest.fixture
def engine() -> Iterator[psutil.Process]:
    """A process that the state file calls the shared engine."""
    waits = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE) as popen:
        process = psutil.Process(popen.pid)
        state = EngineState("http://127.0.0.1:4711", KEY, "tiny.gguf", popen.pid, process.create_time())
        write_state(runtime_dir(), state)
        yield process


def test_without_an_engine_status_says_so(run: Run) -> None:
    """And how one comes to be."""
    plain, told = run("engine", "status"), run("engine", "status", "--json")

    assert (plain.exit_code, plain.stdout) == (0, "not running; the first completion starts it\n")
    assert (told.exit_code, json.loads(told.stdout)) == (0, {"running": False, "engines": []})


def test_without_an_engine_there_is_nothing_to_stop(run: Run) -> None:
    """That is no failure: what was wanted is so."""
    result = run("engine", "stop")

    assert (result.exit_code, result.stdout) == (0, "not running\n")


def test_status_says_where_it_runs_and_keeps_its_key(run: Run, engine: psutil.Process) -> None:
    """Model, address and process; the key is nobody's business."""
    plain, told = run("engine", "status"), run("engine", "status", "--json")

    assert plain.stdout == f"running: tiny.gguf at http://127.0.0.1:4711, process {engine.pid}\n"
    assert json.loads(told.stdout) == {
        "running": True, "url": "http://127.0.0.1:4711", "model": "tiny.gguf", "pid": engine.pid,
        "engines": [{"model": "tiny.gguf", "pid": engine.pid}],
    }  # fmt: skip
    assert KEY not in plain.output + told.output


def test_stop_ends_it(run: Run, engine: psutil.Process) -> None:
    """The process is gone when the command returns."""
    result = run("engine", "stop")

    assert (result.exit_code, result.stdout) == (0, "stopped\n")
    assert engine.is_running() is False or engine.status() == psutil.STATUS_ZOMBIE


def test_a_dead_engines_state_does_not_count(run: Run, engine: psutil.Process) -> None:
    """After a crash nothing runs, and the file that says otherwise is cleaned away."""
    engine.kill()
    psutil.wait_procs([engine], timeout=20)
    result = run("engine", "status")

    assert result.stdout.startswith("not running")
    assert not (runtime_dir() / "engine.json").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("engine: {enabled: false}\n", "switches the embedded engine off"),
        ("engine: {model: /nowhere/mine.gguf}\n", "mine.gguf"),
        ("engine: {model: 7, nonsense: 1}\n", "nonsense"),
    ],
)
def test_an_engine_that_cannot_run_says_why(run: Run, tmp_path: Path, text: str, reason: str) -> None:
    """Switched off, without its model, or wrongly configured: a reason and status 1."""
    config = tmp_path / "nearline.yaml"
    config.write_text(text)
    result = run("engine", "--config", config)

    assert result.exit_code == 1
    assert reason in result.stderr
    assert "Traceback" not in result.output
