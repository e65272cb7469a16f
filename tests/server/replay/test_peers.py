"""The ways of others that the replay bench plays beside ours, and ours without its techniques."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from nearline_router.engine import host, supervisor
from nearline_server.replay.files import SourceFile
from tests.bench.projection import Asked
from tests.bench.replay import strategies
from tests.bench.replay.llama_vim import LlamaVimWindow
from tests.bench.replay.plain_prefix import PROMPT_CHARS, STEP_CHARS, PlainPrefix, prompt
from tests.bench.replay.uncached import uncached
from tests.bench.stock_infill import T_MAX_PREDICT_MS, T_MAX_SPECULATIVE_MS
from tests.waiting import settle

FILE, TEXT = SourceFile("a.py", "python", ""), "def f():\nx = 1\n"
Peer = type[PlainPrefix] | type[LlamaVimWindow]


class Server:
    """A llama.cpp server behind a client: answers with `content` as soon as `free` is set, in a way of `status`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.content = "return 1"
        self.status = 200
        self.free = asyncio.Event()
        self.free.set()
        transport = httpx2.MockTransport(self._answer)
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://llama")

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        self.asked.append((request.url.path, body))
        await self.free.wait()
        if body["stream"]:
            return httpx2.Response(self.status, text=f"data: {json.dumps({'content': self.content})}\n\n")
        answer = {"content": self.content, "timings": {"prompt_n": 260, "predicted_n": 4}}
        return httpx2.Response(self.status, json=answer)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    async with server.http:
        yield server


@pytest.mark.parametrize("peer", [PlainPrefix, LlamaVimWindow])
async def test_nobody_waits_for_what_a_peer_reads_at_first(server: Server, peer: Peer) -> None:
    """It is asked for when the file is opened, and has as long as our own server has; the end of the file ends it."""
    server.free.clear()
    window = peer(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    await settle()

    assert len(server.asked) == 1
    await window.end()


@pytest.mark.parametrize("peer", [PlainPrefix, LlamaVimWindow])
async def test_what_goes_wrong_while_nobody_waits_is_raised_at_the_end(server: Server, peer: Peer) -> None:
    """A peer that is not answered must not look like one that has nothing to say."""
    server.status = 500
    window = peer(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    await settle()

    with pytest.raises(httpx2.HTTPStatusError):
        await window.end()


async def test_llama_vim_says_at_the_next_hint_that_a_request_failed(server: Server) -> None:
    """So that a session is not played to its end in vain."""
    server.status = 500
    window = LlamaVimWindow(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    await settle()

    with pytest.raises(httpx2.HTTPStatusError):
        await window.ask((0, 8))
    await window.end()


async def test_llama_vim_s_work_is_counted_by_the_server(server: Server) -> None:
    """For keys, and not for what is asked while the user looks; the first text stands with the last token."""
    window = LlamaVimWindow(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    await settle()
    window.replace((0, 8), (0, 8), "z")
    await settle()
    await window.end()

    assert window.asked == [Asked(260, 4, 4)]


async def test_plain_prefix_reads_the_prompt_of_a_place_that_is_jumped_to(server: Server) -> None:
    """As ours does, before the first key there."""
    window = PlainPrefix(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    window.focus((1, 5))
    await settle()
    await window.end()

    assert [(body["prompt"], body["n_predict"]) for _, body in server.asked] == [
        ("def f():", 0),
        ("def f():\nx = 1", 0),
    ]


async def test_plain_prefix_sends_what_stands_before_the_cursor(server: Server) -> None:
    """Nothing of what follows."""
    window = PlainPrefix(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    at = window.replace((0, 8), (0, 8), "\n    ")
    await settle()
    item, _ = await window.ask(at)
    await window.end()

    assert item is not None
    assert item.insert_text == "return 1"
    assert [(path, body["prompt"], body["n_predict"]) for path, body in server.asked] == [
        ("/completion", "def f():", 0),
        ("/completion", "def f():\n    ", 32),
    ]


async def test_plain_prefix_drops_the_request_of_the_key_before(server: Server) -> None:
    """It is answered with nothing, and no time is taken for it."""
    window = PlainPrefix(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    server.free.clear()
    first = asyncio.create_task(window.ask((0, 8)))
    await settle()
    second = asyncio.create_task(window.ask((0, 8)))
    await settle()
    server.free.set()

    assert (await first)[0] is None
    assert (await second)[0] is not None
    assert len(window.request_ms) == 1
    await window.end()


def test_the_beginning_of_a_plain_prompt_moves_in_steps() -> None:
    """Else each key would be a new prompt to the engine; never less than it should have, up to its first line."""
    text = "".join(f"line {number}\n" for number in range(2_000))
    prompts = [prompt(text[:end]) for end in range(10_000, 10_400)]

    assert len({text.index(one) for one in prompts}) <= 2
    assert all(PROMPT_CHARS - 20 <= len(one) <= PROMPT_CHARS + STEP_CHARS for one in prompts)


async def test_llama_vim_sees_jumps_and_deletions(server: Server) -> None:
    """It asks wherever the cursor goes, and shows what it knows of a place it comes back to."""
    window = LlamaVimWindow(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    await settle()
    at = window.replace((0, 8), (0, 8), "z")
    await settle()
    back = window.replace((0, 8), at, "")
    item, _ = await window.ask(back)
    await settle()
    window.focus((1, 5))
    await settle()
    await window.end()

    assert item is not None
    assert item.insert_text == "return 1"
    asked = [body["prompt"] for _, body in server.asked if body["t_max_predict_ms"] == T_MAX_PREDICT_MS]
    assert asked == ["def f():", "def f():z", "x = 1"]
    assert len(window.request_ms) == 1


async def test_llama_vim_asks_for_what_follows_a_hint(server: Server) -> None:
    """As if it were accepted, and longer than for a key; that is no request of a key."""
    server.content = "\n    a = 1\n    b"
    window = LlamaVimWindow(server.http)
    await window.begin(FILE, TEXT, (0, 8))
    await settle()
    window.focus((0, 8))
    await settle()
    await window.end()

    ahead = [body for _, body in server.asked if body["t_max_predict_ms"] == T_MAX_SPECULATIVE_MS]
    assert [(body["input_prefix"], body["prompt"], body["input_suffix"]) for body in ahead] == [
        ("def f():\n    a = 1\n", "    b", "\nx = 1\n\n")
    ]
    assert not window.request_ms
    assert not window.asked


def test_every_technique_can_still_be_switched_off() -> None:
    """What the switches patch is there under its name and is called as it is; else an ablation is one of nothing."""
    program = """
from nearline_router.config import RouterConfig
from nearline_router.router import Router
from nearline_server.completion.completer import Completer
from nearline_server.completion.settings import CompletionSettings
from tests.bench.replay.without import WITHOUT

for switch in WITHOUT.values():
    switch()
Completer(Router(RouterConfig()), CompletionSettings(), print, None)
"""
    assert host.PROMPT_CACHE_MIB
    with uncached():
        assert supervisor._spawn.__module__ == uncached.__module__
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])


def test_a_strategy_s_name_says_what_is_missing() -> None:
    """And each of them has one."""
    names = [strategies.OURS, *strategies.PEERS, strategies.AGAIN, *map(strategies.without, strategies.TECHNIQUES)]

    assert len(names) == len(set(names)) > 12
    assert strategies.without("join") == "without join"
