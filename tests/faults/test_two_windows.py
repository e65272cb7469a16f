"""Two language servers, as two editor windows start them, in front of one model: never two requests inside it.

The scripted server counts exactly who is inside; the real engine is asked for its own counters.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nearline_router.admission.board import Board
from nearline_router.engine.state import runtime_dir
from nearline_router.types import Priority
from nearline_server.demo.client import Client, server_command
from tests.engines import HostedEngine
from tests.faults.test_ten_requests import LATE_TOKENS, longest_wait, watch
from tests.scripted_llama import ScriptedLlama
from tests.waiting import until

# Answers come when the model gives them, however busy the machine; idle work comes only where it is asked for.
PATIENT = "completion: {budget_ms: 20000, invoked_budget_ms: 20000, idle_ms: 60000}\n"
TYPED = "compute(one, two"
LONG = "".join(f"def function_{n}(first, second):\n    return first + second + {n}\n\n\n" for n in range(60))
# A few of its functions.
LONG_CHARS = LONG.index("def function_8")

Windows = Callable[[Path], Awaitable[Client]]


@dataclass
class SlowReader(ScriptedLlama):
    """Reads a prompt that is only to be read when `read` is set."""

    read: asyncio.Event = field(default_factory=asyncio.Event)

    async def _stream(self, writer: asyncio.StreamWriter, body: dict[str, Any], number: int) -> None:
        if not body["n_predict"]:
            await self.read.wait()
        await super()._stream(writer, body, number)


@pytest.fixture
async def window(tmp_path: Path) -> AsyncIterator[Windows]:
    """Starts windows: `await window(config)` is one that is ready."""
    opened: list[Client] = []

    async def start(config: Path) -> Client:
        client = Client()
        await client.start(server_command(str(config)), tmp_path)
        opened.append(client)
        await asyncio.wait_for(client.ready.wait(), 60)
        return client

    yield start

    await asyncio.gather(*[client.stop() for client in opened])


def config_for(llama: ScriptedLlama, folder: Path) -> Path:
    """A configuration with that server and no other."""
    path = folder / "nearline.yaml"
    endpoint = f"endpoints: {{local: {{provider: llamacpp, host: '{llama.url}'}}}}\n"
    path.write_text(endpoint + "engine: {enabled: false, discover: false}\n" + PATIENT)
    return path


async def type_all(client: Client, path: Path, text: str) -> int:
    """Type TYPED behind a text, asking at each key and waiting for the answer; how many had one."""
    client.open(path, "python", text + "value = \n")
    at, shown = (text.count("\n"), len("value = ")), 0
    for key in TYPED:
        at = client.insert(at, key)
        item, _ = await client.ask(at)
        shown += item is not None
    return shown


def a_keystroke_waits() -> bool:
    """Whether one of the windows says so."""
    folder = runtime_dir()
    boards = [Board(folder, path.stem.removeprefix("board-")) for path in folder.glob("board-*")]
    return any(waiter.wanted.priority is Priority.TYPING for board in boards for waiter in board.waiting())


async def test_two_windows_that_type_at_once_are_one_at_a_time_inside(window: Windows, tmp_path: Path) -> None:
    """Every keystroke of both is answered, and no two of them are ever in the model together."""
    async with ScriptedLlama(pieces=["hello", " world"], piece_delay_s=0.005) as llama:
        config = config_for(llama, tmp_path)
        clients = [await window(config), await window(config)]

        shown = await asyncio.gather(*[type_all(client, tmp_path / f"{n}.py", "") for n, client in enumerate(clients)])

        assert min(shown) > len(TYPED) / 2
        assert len(llama.completions) >= sum(shown)
        assert llama.most_inside == 1


async def test_a_keystroke_waits_for_one_piece_of_another_window_s_reading_and_no_more(
    window: Windows, tmp_path: Path
) -> None:
    """While one window reads a long file ahead, piece by piece, a key is pressed in the other."""
    async with SlowReader() as llama:
        config = config_for(llama, tmp_path)
        reader, typist = await window(config), await window(config)
        reader.open(tmp_path / "long.py", "python", LONG)
        reader.focus((LONG.count("\n"), 0))
        await until(lambda: llama.inside, "a piece to be read")

        typist.open(tmp_path / "short.py", "python", "value = \n")
        asked = asyncio.create_task(typist.ask(typist.insert((0, 8), "c")))
        await until(a_keystroke_waits, "the key to wait for the other window")
        before = len(llama.completions)
        llama.read.set()
        item, _ = await asked

        assert item is not None
        assert [bool(body["n_predict"]) for body in llama.completions[before - 1 : before + 1]] == [False, True]
        assert llama.most_inside == 1


async def test_two_windows_share_the_real_engine_one_at_a_time(
    window: Windows, engine: HostedEngine, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both type, one in a long file; the engine never works on two, and lets nobody wait inside for a whole answer."""
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(engine.folder))
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(models_dir))
    config = tmp_path / "nearline.yaml"
    config.write_text("engine: {discover: false}\n" + PATIENT)
    clients = [await window(config), await window(config)]
    seen: list[dict[str, float]] = []
    watcher = asyncio.create_task(watch(engine.state, seen))

    short, long = tmp_path / "short.py", tmp_path / "long.py"
    shown = await asyncio.gather(type_all(clients[0], short, ""), type_all(clients[1], long, LONG[:LONG_CHARS]))
    watcher.cancel()
    await asyncio.wait([watcher])

    assert min(shown) > 0
    assert max(one["requests_processing"] for one in seen) == 1
    assert max(one["requests_deferred"] for one in seen) <= 1
    assert longest_wait(seen) <= LATE_TOKENS
