"""Finding or starting the one engine of the user, and how soon a failing one is tried again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from nearline_router.engine import supervisor as module
from nearline_router.engine.host import EngineParams
from nearline_router.engine.state import EngineState, read_state, write_state
from nearline_router.engine.supervisor import FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S, EngineSupervisor
from nearline_router.engine.tuning import StoredTuning, Tuning, TuningStore
from nearline_router.errors import EngineError, ModelMissing
from tests.engines import ParamsFor
from tests.waiting import until


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """A virtual clock."""
    return Clock()


@pytest.fixture
def broken(own_folder: Path) -> EngineParams:
    """An engine whose model is no model."""
    path = own_folder / "broken.gguf"
    path.write_bytes(b"this is no model")
    return EngineParams(str(path), str(own_folder))


async def test_a_missing_model_is_said_at_once_and_is_no_failure(own_folder: Path, clock: Clock) -> None:
    """It can come at any time, so nothing backs off, and no process is started for it."""
    supervisor = EngineSupervisor(EngineParams(str(own_folder / "tiny.gguf"), str(own_folder)), clock)

    with pytest.raises(ModelMissing) as caught:
        await supervisor.ensure()

    assert str(caught.value) == "the model is not on this machine yet: tiny.gguf"
    assert supervisor.wait_s == 0
    assert not (own_folder / "engine.log").exists()


async def test_an_engine_that_lives_is_found_whatever_else_is_wrong(own_folder: Path) -> None:
    """The model may have been removed since it started."""
    state = EngineState("http://127.0.0.1:1", "key", "m", os.getpid(), psutil.Process().create_time())
    write_state(own_folder, state)
    try:
        found = await EngineSupervisor(EngineParams("/nowhere/m.gguf", str(own_folder))).ensure()
    finally:
        (own_folder / "engine.json").unlink()

    assert found == state


def test_back_off_doubles_up_to_a_limit(clock: Clock) -> None:
    """An engine that dies again and again is started ever later, but never later than the limit."""
    supervisor = EngineSupervisor(EngineParams("m", "nowhere"), clock)
    waits = []
    for _ in range(9):
        supervisor.died()
        waits.append(supervisor.wait_s)
        clock.now_s += supervisor.wait_s

    assert waits == [FIRST_BACK_OFF_S * factor for factor in (1, 2, 4, 8, 16, 32)] + [LONGEST_BACK_OFF_S] * 3
    assert supervisor.wait_s == 0


def test_an_engine_that_lived_is_forgiven(clock: Clock) -> None:
    """After an answer the next death is the first one again."""
    supervisor = EngineSupervisor(EngineParams("m", "nowhere"), clock)
    for _ in range(5):
        supervisor.died()

    supervisor.lived()
    assert supervisor.wait_s == 0
    supervisor.died()
    assert supervisor.wait_s == FIRST_BACK_OFF_S


async def test_an_engine_that_dies_at_start_gives_its_last_words_and_backs_off(
    broken: EngineParams, clock: Clock
) -> None:
    """What it wrote last is the message; until the wait is over no other process is started."""
    supervisor = EngineSupervisor(broken, clock)

    with pytest.raises(EngineError) as caught:
        await supervisor.ensure()
    assert str(caught.value).startswith("llama.cpp could not load broken.gguf: ")
    assert str(Path(broken.model_path).parent) not in str(caught.value)
    assert supervisor.wait_s == FIRST_BACK_OFF_S

    log = Path(broken.runtime_dir) / "engine.log"
    log.write_text("")
    with pytest.raises(EngineError, match="next attempt in"):
        await supervisor.ensure()
    assert log.read_text() == ""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no file modes")
async def test_the_log_is_readable_by_its_owner_alone(broken: EngineParams) -> None:
    """Whatever an engine writes, it is the user's."""
    with pytest.raises(EngineError):
        await EngineSupervisor(broken).ensure()

    assert f"{(Path(broken.runtime_dir) / 'engine.log').stat().st_mode & 0o777:o}" == "600"


async def test_a_start_that_hangs_elsewhere_is_an_error_of_ours(
    broken: EngineParams, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another window holds the start lock for ever: the message says so, and the next try comes later."""
    monkeypatch.setattr(module, "START_TIMEOUT_S", 0.05)
    supervisor = EngineSupervisor(broken, clock)
    elsewhere = FileLock(Path(broken.runtime_dir) / "start.lock")
    with elsewhere, pytest.raises(EngineError, match="the local engine cannot start"):
        await supervisor.ensure()

    assert supervisor.wait_s == FIRST_BACK_OFF_S


async def test_a_folder_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path, clock: Clock) -> None:
    """The disk may be full, or the folder somebody else's."""
    model = tmp_path / "m.gguf"
    model.touch()
    no_folder = tmp_path / "file"
    no_folder.touch()
    supervisor = EngineSupervisor(EngineParams(str(model), str(no_folder)), clock)

    with pytest.raises(EngineError, match="the local engine cannot start"):
        await supervisor.ensure()

    assert supervisor.wait_s == FIRST_BACK_OFF_S


async def test_two_supervisors_start_one_engine(own_folder: Path, engine_params: ParamsFor) -> None:
    """Two windows opened at once share one real engine, and there is no second process that gave up."""
    before = set(psutil.Process().children())
    params = engine_params(own_folder)

    one, two = await asyncio.gather(EngineSupervisor(params).ensure(), EngineSupervisor(params).ensure())
    started = [child.pid for child in set(psutil.Process().children()) - before]

    assert one == two == read_state(own_folder)
    assert started == [one.pid]


async def test_a_tuning_that_llama_refuses_leaves_the_user_with_an_engine(
    own_folder: Path, engine_params: ParamsFor
) -> None:
    """It starts with llama.cpp's own settings, and what was refused is never tried again."""
    params = engine_params(own_folder)
    store = TuningStore()
    # llama.cpp has no such values without flash attention.
    store.save(params.model_path, StoredTuning(Tuning(cache_type="q8_0", flash_attention=False), 0.2, 0.0))

    state = await EngineSupervisor(params).ensure()
    stored = store.load(params.model_path)

    assert state.alive()
    assert store.in_force(params.model_path) == Tuning()
    assert stored is not None
    assert "could not load" in stored.refused


async def test_a_tuning_is_not_blamed_for_a_model_that_is_broken(broken: EngineParams) -> None:
    """Without it the engine does not start either."""
    store = TuningStore()
    store.save(broken.model_path, StoredTuning(Tuning(threads=1), 0.2, 0.0))

    with pytest.raises(EngineError):
        await EngineSupervisor(broken).ensure()

    assert store.in_force(broken.model_path) == Tuning(threads=1)


async def test_an_engine_that_ended_leaves_no_zombie(broken: EngineParams) -> None:
    """The window that started it outlives it, perhaps by days."""
    before = set(psutil.Process().children())

    with pytest.raises(EngineError):
        await EngineSupervisor(broken).ensure()

    await until(lambda: set(psutil.Process().children()) <= before, "the process to be waited for")
