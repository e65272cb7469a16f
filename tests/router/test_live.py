"""The live state: written when something changed, gone with its process, and never believed of another one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from nearline_router import live
from nearline_router.live import LiveState, live_states
from tests.virtual_time import VirtualLoop
from tests.waiting import until

OWN = f"live-{os.getpid()}.json"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is left to threads is done on the spot, so that virtual time stands still meanwhile; returns what it was."""
    done: list[str] = []

    async def to_thread(work: Callable[..., Any], *arguments: Any) -> Any:
        done.append(work.__name__)
        return work(*arguments)

    monkeypatch.setattr(live.asyncio, "to_thread", to_thread)
    return done


def run_for(loop: VirtualLoop, seconds: float, folder: Path, snapshot: Callable[[], dict[str, Any]]) -> None:
    """Keep the state for some virtual seconds, and close."""

    async def keep() -> None:
        state = LiveState(folder, snapshot)
        state.start()
        await asyncio.sleep(seconds)
        await state.aclose()

    loop.run_until_complete(keep())


def stored(folder: Path, **changes: object) -> Path:
    """A file as a living process has left it, with changes."""
    process = psutil.Process()
    path = folder / f"live-{changes.get('pid', process.pid)}.json"
    path.write_text(json.dumps({"pid": process.pid, "started_s": process.create_time(), **changes}))
    return path


async def test_a_process_that_lives_can_be_read_by_others(tmp_path: Path) -> None:
    """With who it is and where it works, and until it closes."""
    state = LiveState(tmp_path, lambda: {"completing": "local", "last": None})
    state.start()
    found = await until(lambda: live_states(tmp_path), "the state to be written")
    await state.aclose()

    process = psutil.Process()
    who = {"pid": process.pid, "started_s": process.create_time(), "folder": os.getcwd()}  # noqa: PTH109 (no I/O)
    assert found == [{"completing": "local", "last": None} | who]
    assert live_states(tmp_path) == os.listdir(tmp_path) == []  # noqa: PTH208


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It tells what somebody works on."""
    live._write(tmp_path / OWN, {})

    assert (tmp_path / OWN).stat().st_mode & 0o777 == 0o600


def test_it_is_written_once_a_second_at_most(tmp_path: Path, virtual_loop: VirtualLoop, at_once: list[str]) -> None:
    """However often something changes."""
    counts = iter(range(1000))
    run_for(virtual_loop, 10.5, tmp_path, lambda: {"count": next(counts)})

    assert at_once.count("_write") == 11


def test_what_did_not_change_is_not_written_again(
    tmp_path: Path, virtual_loop: VirtualLoop, at_once: list[str]
) -> None:
    """A window that nobody types in leaves the disk alone."""
    run_for(virtual_loop, 60, tmp_path, lambda: {"count": 1})

    assert at_once == ["_write", "_remove"]


def test_a_change_is_there_a_second_later(tmp_path: Path, virtual_loop: VirtualLoop, at_once: list[str]) -> None:
    """The file follows the state."""
    seen: list[object] = []

    def snapshot() -> dict[str, Any]:
        seen.extend(state["count"] for state in live_states(tmp_path))
        return {"count": len(seen)}

    run_for(virtual_loop, 3.5, tmp_path, snapshot)

    assert (seen, at_once.count("_write")) == ([0, 1, 2], 4)


def test_a_folder_that_cannot_be_written_costs_only_the_file(
    tmp_path: Path, virtual_loop: VirtualLoop, at_once: list[str]
) -> None:
    """It is tried again, as the folder may come back."""
    run_for(virtual_loop, 2.5, tmp_path / "missing", lambda: {"count": 1})

    assert at_once == ["_write", "_write", "_write", "_remove"]


def test_what_a_dead_process_left_is_swept(tmp_path: Path) -> None:
    """A killed window cannot remove its own file."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    path = stored(tmp_path, pid=process.pid)
    path.with_suffix(".part").write_text("{")

    assert live_states(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_another_process_of_the_same_number_is_not_taken_for_it(tmp_path: Path) -> None:
    """The system uses numbers again; who began when tells them apart."""
    path = stored(tmp_path, started_s=psutil.Process().create_time() - 60)

    assert live_states(tmp_path) == []
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"pid": "x", "started_s": 0}', '{"pid": 1e99, "started_s": 0}'])
def test_a_file_that_is_none_of_ours_is_swept(tmp_path: Path, text: str) -> None:
    """Whatever stands in it."""
    (tmp_path / "live-1.json").write_text(text)

    assert live_states(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    """Locks and the engine's state live there too."""
    (tmp_path / "engine.json").write_text("{}")
    stored(tmp_path)

    assert [state["pid"] for state in live_states(tmp_path)] == [os.getpid()]
    assert {path.name for path in tmp_path.iterdir()} == {"engine.json", OWN}
