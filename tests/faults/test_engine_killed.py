"""The real engine killed with SIGKILL in mid-stream: who asks hears of it at once, and soon all is well again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from nearline_router.config import EngineConfig, RouterConfig
from nearline_router.engine.state import EngineState, read_state
from nearline_router.errors import EndpointBusy, EndpointUnavailable
from nearline_router.router import Router
from nearline_router.types import Infill, RoutingRequest
from tests.engines import end_all
from tests.waiting import until

HOLE = Infill("numbers = [\n", "    1, 2, 3,", "\n]\n", "numbers.py", "python", multiline=True)
LONG = RoutingRequest(HOLE, 400)
SHORT = RoutingRequest(HOLE, 4)
# A refusal is a matter of microseconds; this is for a machine that is busy with something else.
AT_ONCE_S = 1.0
BACK_S = 90.0


@pytest.fixture
async def router(own_folder: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Router]:
    """A router as an unconfigured editor has it, with an engine of its own."""
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(own_folder))
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(models_dir))
    router = Router(RouterConfig(engine=EngineConfig(discover=False, threads=1)))
    yield router
    await router.aclose()


def engine_in(folder: Path) -> EngineState:
    """The engine that lives there."""
    state = read_state(folder)
    assert state is not None
    return state


async def text(router: Router, request: RoutingRequest) -> str:
    """The whole answer."""
    return "".join([chunk.text async for chunk in router.stream(request)])


async def refused_in_s(router: Router) -> float:
    """How long the refusal of a request takes."""
    started_s = time.monotonic()
    with pytest.raises(EndpointBusy):
        await text(router, SHORT)
    return time.monotonic() - started_s


async def until_the_first_text(router: Router, flowing: asyncio.Event) -> None:
    """Read a long answer to its end, and say when its first text is there."""
    async for chunk in router.stream(LONG):
        if chunk.text:
            flowing.set()


async def test_a_killed_engine_is_noticed_refused_and_brought_back(router: Router, own_folder: Path) -> None:
    """The stream fails, the next requests are refused at once, within seconds another engine answers.

    Stopped, it leaves no process and no file that says that there is one.
    """
    before = set(psutil.Process().children(recursive=True))
    assert (await router.ready()).state == "ready"
    first = engine_in(own_folder)
    flowing = asyncio.Event()
    stream = asyncio.create_task(until_the_first_text(router, flowing))
    await asyncio.wait([stream, asyncio.create_task(flowing.wait())], return_when=asyncio.FIRST_COMPLETED)

    psutil.Process(first.pid).kill()

    with pytest.raises(EndpointUnavailable):
        await stream
    assert max([await refused_in_s(router) for _ in range(3)]) < AT_ONCE_S
    await until(lambda: router.status.state == "ready", "another engine", BACK_S)
    assert (await text(router, SHORT)).strip() != ""

    second = engine_in(own_folder)
    assert second.pid != first.pid
    assert second.key != first.key

    await router.aclose()
    await asyncio.to_thread(end_all, own_folder)

    await until(lambda: set(psutil.Process().children(recursive=True)) <= before, "every process to be gone")
    assert read_state(own_folder) is None
