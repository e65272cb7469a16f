"""Files that change are told once, when they rest."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from nearline_router.config.watch import POLL_S, REST_S, FileWatch, mark

Step = Callable[[], object]


class Script:
    """A virtual clock: what happens to the files during each sleep, and what was told."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = iter(steps)
        self.slept_s: list[float] = []
        self.told: list[set[str]] = []

    async def sleep(self, seconds: float) -> None:
        """The next step happens; after the last one the watch is ended."""
        self.slept_s.append(seconds)
        step = next(self._steps, None)
        if step is None:
            raise asyncio.CancelledError
        step()

    async def changed(self, paths: frozenset[Path]) -> None:
        """Keep the names."""
        self.told.append({path.name for path in paths})


def nothing() -> None:
    """A sleep in which nothing happens."""


async def watch(
    paths: Iterable[Path],
    *steps: Step,
    on_change: Callable[[frozenset[Path]], Awaitable[None]] | None = None,
) -> Script:
    """Watch while the steps happen, one in each sleep."""
    script = Script(steps)
    with pytest.raises(asyncio.CancelledError):
        await FileWatch(paths, on_change or script.changed, script.sleep).run()
    return script


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is there."""
    path = tmp_path / "nearline.yaml"
    path.write_text("offline: true\n")
    return path


async def test_a_file_that_does_not_change_is_never_told(file: Path) -> None:
    """One look a second."""
    script = await watch([file], nothing, nothing)

    assert script.told == []
    assert script.slept_s == [POLL_S] * 3


async def test_a_change_is_told_once_when_the_file_rests(file: Path) -> None:
    """After the debounce and not before."""
    script = await watch([file], lambda: file.write_text("new"), nothing, nothing)

    assert script.told == [{"nearline.yaml"}]
    assert script.slept_s[:3] == [POLL_S, REST_S, POLL_S]


async def test_a_file_written_in_pieces_is_told_once(file: Path) -> None:
    """Each piece begins the rest anew."""
    pieces = [lambda text=text: file.write_text(text) for text in ("a", "ab", "abc")]
    script = await watch([file], *pieces, nothing, nothing)

    assert script.told == [{"nearline.yaml"}]
    assert script.slept_s == [POLL_S, REST_S, REST_S, REST_S, POLL_S, POLL_S]


async def test_a_save_by_renaming_is_a_change(file: Path) -> None:
    """Same size and same time, another file."""
    before = mark(file)
    assert before

    def save() -> None:
        new = file.with_suffix(".new")
        new.write_text("offline: TRUE\n")
        os.utime(new, ns=(before[0], before[0]))
        new.replace(file)

    script = await watch([file], save, nothing)

    after = mark(file)
    assert after
    assert after[:2] == before[:2]
    assert script.told == [{"nearline.yaml"}]


async def test_going_and_coming_back_are_changes(file: Path) -> None:
    """Both are told."""
    script = await watch([file], file.unlink, nothing, lambda: file.write_text("back"), nothing)

    assert script.told == [{"nearline.yaml"}, {"nearline.yaml"}]


async def test_a_file_that_is_gone_for_a_moment_did_not_go(file: Path) -> None:
    """An editor that deletes and writes is told once, with what is there then."""
    script = await watch([file], file.unlink, lambda: file.write_text("new"), nothing)

    assert script.told == [{"nearline.yaml"}]


async def test_a_change_that_is_taken_back_at_once_is_none(file: Path) -> None:
    """Renamed away and back within the rest."""
    away = file.with_suffix(".away")
    script = await watch([file], lambda: file.rename(away), lambda: away.rename(file), nothing)

    assert script.told == []


async def test_a_file_whose_folder_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    """As the user's before there was any."""
    file = tmp_path / "config" / "nearline.yaml"

    def create() -> None:
        file.parent.mkdir()
        file.write_text("offline: true\n")

    assert (await watch([file], nothing, create, nothing)).told == [{"nearline.yaml"}]


async def test_only_what_changed_is_told(file: Path) -> None:
    """Of two files one."""
    other = file.with_name("other.yaml")
    other.write_text("a")

    assert (await watch([file, other], lambda: other.write_text("bc"), nothing)).told == [{"other.yaml"}]


async def test_a_change_before_the_watch_runs_is_told(file: Path) -> None:
    """The state is taken when the watch is made, so nothing falls between reading and watching."""
    script = Script([nothing, nothing])
    files = FileWatch([file], script.changed, script.sleep)
    await asyncio.to_thread(file.unlink)
    with pytest.raises(asyncio.CancelledError):
        await files.run()

    assert script.told == [{"nearline.yaml"}]


async def test_a_reload_that_fails_does_not_end_the_watch(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged by its kind, without what it says."""
    calls: list[frozenset[Path]] = []

    async def fails(paths: frozenset[Path]) -> None:
        calls.append(paths)
        raise ValueError("secret")

    with caplog.at_level(logging.WARNING):
        await watch(
            [file], lambda: file.write_text("a"), nothing, lambda: file.write_text("ab"), nothing, on_change=fails
        )

    assert len(calls) == 2
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text
