"""The small file that says where the engine is: only a living engine is believed, only its owner can read it."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nearline_router.engine.state import (
    EngineState,
    engine_dir,
    read_state,
    remove_state,
    running_engines,
    runtime_dir,
    write_state,
)
from tests.waiting import wait_until

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes; the folder is the user's own")


def of_process(pid: int, started_s: float) -> EngineState:
    """The state of an engine that is this process."""
    return EngineState("http://127.0.0.1:1", "the-key", "model.gguf", pid, started_s)


@pytest.fixture
def living() -> EngineState:
    """The state of a process that surely lives: this one."""
    return of_process(os.getpid(), psutil.Process().create_time())


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits to be ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def files(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_read(tmp_path: Path, living: EngineState) -> None:
    """All of it, and no half-written file stays beside it."""
    write_state(tmp_path, living)

    assert read_state(tmp_path) == living
    assert files(tmp_path) == ["engine.json"]


def test_a_second_engine_replaces_the_first(tmp_path: Path, living: EngineState) -> None:
    """In one step: there is never a moment without a whole file."""
    write_state(tmp_path, living)
    second = dataclasses.replace(living, url="http://127.0.0.1:2")

    write_state(tmp_path, second)

    assert read_state(tmp_path) == second


def test_without_a_file_there_is_no_engine(tmp_path: Path) -> None:
    """Neither in an empty folder nor in one that does not exist."""
    assert (read_state(tmp_path), read_state(tmp_path / "none")) == (None, None)


def test_a_dead_engine_is_not_believed_and_its_file_goes(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    """The process that wrote it was killed: the next reader cleans up."""
    write_state(tmp_path, of_process(process.pid, psutil.Process(process.pid).create_time()))
    process.kill()
    process.wait()

    assert (read_state(tmp_path), files(tmp_path)) == (None, [])


@posix
def test_a_dead_engine_that_nobody_waited_for_is_dead(tmp_path: Path, process: subprocess.Popen[bytes]) -> None:
    """A zombie has its pid and start time still, and answers nothing."""
    write_state(tmp_path, of_process(process.pid, psutil.Process(process.pid).create_time()))
    os.kill(process.pid, 9)
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, "the zombie")

    assert read_state(tmp_path) is None


def test_a_reused_pid_is_another_process(tmp_path: Path, living: EngineState) -> None:
    """The pid lives, but since another time: that is not the engine."""
    write_state(tmp_path, dataclasses.replace(living, started_s=living.started_s - 3600))

    assert (read_state(tmp_path), files(tmp_path)) == (None, [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00garbage",
        b"[1, 2]",
        b"42",
        b'"words"',
        b"{}",
        b'{"url": "http://127.0.0.1:1"}',
        b'{"url": "u", "key": "k", "model": "m", "pid": 1, "started_s": 0, "more": 1}',
        b'{"url": "u", "key": "k", "model": "m", "pid": "words", "started_s": 0}',
        b'{"url": "u", "key": "k", "model": "m", "pid": -1, "started_s": 0}',
        b'{"url": "u", "key": "k", "model": "m", "pid": 1e99, "started_s": 0}',
        b'{"url": "u", "key": "k", "model": "m", "pid": 99999999999999999999999, "started_s": 0}',
        b'{"url": "u", "key": "k", "model": "m", "pid": null, "started_s": null}',
        b'{"url": "u", "key": "k", "model": "m", "pid": 1, "started_s": "words"}',
    ],
)
def test_garbage_is_no_engine_and_can_be_replaced(tmp_path: Path, content: bytes, living: EngineState) -> None:
    """Whatever a foreign or older program left there is passed over, and an engine can still say that it lives."""
    (tmp_path / "engine.json").write_bytes(content)

    assert read_state(tmp_path) is None
    remove_state(tmp_path, 1)
    write_state(tmp_path, living)
    assert read_state(tmp_path) == living


def test_an_engine_removes_its_own_file_only(tmp_path: Path, living: EngineState) -> None:
    """Who ends late leaves the file of its successor."""
    write_state(tmp_path, living)

    remove_state(tmp_path, living.pid + 1)
    assert read_state(tmp_path) == living

    remove_state(tmp_path, living.pid)
    assert files(tmp_path) == []
    remove_state(tmp_path, living.pid)


@posix
def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path, living: EngineState) -> None:
    """The key stands in it, whatever the user's umask says."""
    before = os.umask(0)
    try:
        write_state(tmp_path, living)
    finally:
        os.umask(before)

    assert f"{(tmp_path / 'engine.json').stat().st_mode & 0o777:o}" == "600"


def test_the_key_is_not_in_what_is_printed(living: EngineState) -> None:
    """A log line or a traceback shows where the engine is, not how to get in."""
    assert living.key not in f"{living} {living!r} {[living]}"
    assert str(living) == f"EngineState(url='http://127.0.0.1:1', model='model.gguf', pid={living.pid})"


@posix
def test_the_folder_is_made_for_the_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NEARLINE_RUNTIME_DIR names it, and it need not exist."""
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(tmp_path / "a" / "b"))

    folder = runtime_dir()

    assert folder == tmp_path / "a" / "b"
    assert f"{folder.stat().st_mode & 0o777:o}" == "700"


def test_the_file_is_one_line_of_json(tmp_path: Path, living: EngineState) -> None:
    """Other programs of the user may read it."""
    write_state(tmp_path, living)

    assert json.loads((tmp_path / "engine.json").read_text()) == dataclasses.asdict(living)


def test_another_model_has_an_engine_of_its_own() -> None:
    """A window that is configured for it is not told of the one that happens to run."""
    default, other = engine_dir(None), engine_dir("qwen2.5-coder-1.5b")

    assert default == runtime_dir()
    assert other == engine_dir("qwen2.5-coder-1.5b") != engine_dir("/models/mine.gguf")
    assert {other.parent, engine_dir("/models/mine.gguf").parent} == {default}


def test_every_engine_is_found() -> None:
    """The one with the default model first; the living ones only."""
    me = psutil.Process()
    alive = EngineState("http://127.0.0.1:1", "key", "mine.gguf", me.pid, me.create_time())
    write_state(engine_dir("/models/mine.gguf"), alive)
    write_state(engine_dir(None), dataclasses.replace(alive, model="default.gguf"))
    write_state(engine_dir("other"), dataclasses.replace(alive, started_s=0.0))

    assert [state.model for state in running_engines()] == ["default.gguf", "mine.gguf"]
