"""What the router adds to the first token: the same prompt through it and through a bare client, in pairs."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx2

from nearline_router.router import Router
from nearline_router.transports.llamacpp import LlamaCpp
from nearline_router.types import Infill, RoutingRequest
from nearline_server.completion.place import Place
from nearline_server.completion.window import wide_window
from nearline_server.demo.typist import Script
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from tests.bench import scripted
from tests.bench.documents import cursor, hole
from tests.bench.engine import Engine, bare_client
from tests.bench.overhead import AIM
from tests.bench.report import Aim, Figures, Row

MODULE, SEED = "textwrap", 1
ROUNDS, SCRIPTED_ROUNDS = 60, 300
UNMEASURED = 3

Way = Callable[[], Awaitable[float]]
# A keystroke: the request, and the body that the product's transport makes of it.
Step = tuple[RoutingRequest, dict[str, Any]]


async def measure(engine: Engine) -> Figures:
    """The section."""
    real = await _differences(engine.config, engine.state.url, engine.state.key, ROUNDS)
    async with scripted.endpoint("one", " two") as url:
        config = scripted.config(Path(engine.config).parent, url)
        instant = await _differences(config, url, None, SCRIPTED_ROUNDS)
    rows = [*_rows("the engine", real, aim=AIM), *_rows("an instant endpoint", instant)]
    notes = [
        "a pair is the same token array and grammar, one after the other, in changing order; each pair types on",
        "the router also tokenizes what was typed, a small request where a word begins; the bare client has the tokens",
    ]
    return Figures("ttft: first token through Router.stream against a bare client", rows, notes)


async def _differences(config: str, url: str, key: str | None, rounds: int) -> dict[str, list[float]]:
    """Per round the router, the bare client, and the bare client again, whose difference is only noise."""
    steps = await _steps(url, key, UNMEASURED + rounds)
    router = Router.from_file(config)
    try:
        await router.ready()
        async with bare_client(url, key) as http:
            taken = [await _round(router, http, step, number) for number, step in enumerate(steps)]
    finally:
        await router.aclose()
    return {name: [ms[name] for ms in taken[UNMEASURED:]] for name in ("router", "bare", "again")}


async def _round(router: Router, http: httpx2.AsyncClient, step: Step, number: int) -> dict[str, float]:
    request, body = step
    ways: dict[str, Way] = {
        "router": lambda: _through_router(router, request),
        "bare": lambda: _bare(http, body),
        "again": lambda: _bare(http, body),
    }
    names = list(ways)
    turn = number % len(names)
    # The new character is read before anybody's time is taken.
    await _bare(http, body)
    return {name: await ways[name]() for name in names[turn:] + names[:turn]}


async def _through_router(router: Router, request: RoutingRequest) -> float:
    start_s, first_s = time.perf_counter(), 0.0
    async with aclosing(router.stream(request)) as chunks:
        async for chunk in chunks:
            # Who is asked, and that it was let in, is said before anything comes back; the answer is a text or the end.
            if chunk.text or chunk.usage:
                first_s = first_s or time.perf_counter()
    return (first_s - start_s) * 1000


async def _bare(http: httpx2.AsyncClient, body: dict[str, Any]) -> float:
    start_s, first_s = time.perf_counter(), 0.0
    async with http.stream("POST", "/completion", json=body) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: ") and json.loads(line.removeprefix("data: ")):
                first_s = first_s or time.perf_counter()
    return (first_s - start_s) * 1000


async def _steps(url: str, key: str | None, count: int) -> list[Step]:
    """One step for each of so many characters, typed one after the other."""
    transport = LlamaCpp("bench", url, key)
    requests = [RoutingRequest(infill, max_output_tokens=1) for infill in _infills(count)]
    try:
        return [(request, (await transport._body(request))[0]) for request in requests]
    finally:
        await transport.aclose()


def _infills(count: int) -> list[Infill]:
    """The prompts of those characters: one window, and a middle that grows."""
    script = hole(MODULE, count, SEED)
    first = _place(script, script.before)
    window = wide_window(first)
    return [window.infill(_place(script, script.before + script.typed[:typed])) for typed in range(1, count + 1)]


def _place(script: Script, before: str) -> Place:
    document = Document("file:///bench.py", "python", 1, Buffer(before + script.after))
    return document.place(*cursor(before))


def _rows(name: str, taken: dict[str, list[float]], aim: Aim | str = "") -> list[Row]:
    over = [router - bare for router, bare in zip(taken["router"], taken["bare"], strict=True)]
    noise = [again - bare for again, bare in zip(taken["again"], taken["bare"], strict=True)]
    return [
        Row.of(f"{name}: bare client", taken["bare"], 99),
        Row.of(f"{name}: router", taken["router"], 99),
        Row.of(f"{name}: router minus bare, pair by pair", over, 99, aim=aim),
        Row.of(f"{name}: bare minus bare (noise)", noise, 99),
    ]
