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
from nearline_server.completion.window import wide_window
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from tests.bench import scripted
from tests.bench.documents import cursor, hole
from tests.bench.engine import Engine, bare_client
from tests.bench.report import Figures, Row

MODULE, SEED = "textwrap", 1
ROUNDS, SCRIPTED_ROUNDS = 60, 300
# In the middle of a word, so that a grammar forces the word's beginning.
TYPED_CHARS = 21
UNMEASURED = 3

Way = Callable[[], Awaitable[float]]


async def measure(engine: Engine) -> Figures:
    """The section."""
    real = await _differences(engine.config, engine.state.url, engine.state.key, ROUNDS)
    async with scripted.endpoint("one", " two") as url:
        config = scripted.config(Path(engine.config).parent, url)
        instant = await _differences(config, url, None, SCRIPTED_ROUNDS)
    rows = [*_rows("the engine", real, aim="1 / 3 ms"), *_rows("an instant endpoint", instant)]
    notes = [
        "a pair is the same token array and grammar, one after the other, in changing order",
        "the router also tokenizes what was typed, one small request; the bare client is given the tokens",
    ]
    return Figures("ttft: first token through Router.stream against a bare client", rows, notes)


async def _differences(config: str, url: str, key: str | None, rounds: int) -> dict[str, list[float]]:
    """Per round the router, the bare client, and the bare client again, whose difference is only noise."""
    router = Router.from_file(config)
    try:
        await router.ready()
        request = RoutingRequest(_infill(), max_output_tokens=1)
        body = await _body(url, key, request)
        async with bare_client(url, key) as http:
            ways: dict[str, Way] = {
                "router": lambda: _through_router(router, request),
                "bare": lambda: _bare(http, body),
                "again": lambda: _bare(http, body),
            }
            return await _rounds(ways, rounds)
    finally:
        await router.aclose()


async def _rounds(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(UNMEASURED + rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            ms = await ways[name]()
            if number >= UNMEASURED:
                taken[name].append(ms)
    return taken


async def _through_router(router: Router, request: RoutingRequest) -> float:
    start_s, first_s = time.perf_counter(), 0.0
    async with aclosing(router.stream(request)) as chunks:
        async for chunk in chunks:
            if chunk.queued_ms is None:
                first_s = first_s or time.perf_counter()
    return (first_s - start_s) * 1000


async def _bare(http: httpx2.AsyncClient, body: dict[str, Any]) -> float:
    start_s, first_s = time.perf_counter(), 0.0
    async with http.stream("POST", "/completion", json=body) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: ") and json.loads(line.removeprefix("data: ")):
                first_s = first_s or time.perf_counter()
    return (first_s - start_s) * 1000


async def _body(url: str, key: str | None, request: RoutingRequest) -> dict[str, Any]:
    """What the product's transport sends for this request."""
    transport = LlamaCpp("bench", url, key)
    try:
        body, _ = await transport._body(request)
        return body
    finally:
        await transport.aclose()


def _infill() -> Infill:
    script = hole(MODULE, 90, SEED)
    before = script.before + script.typed[:TYPED_CHARS]
    document = Document("file:///typed.py", "python", 1, Buffer(before + script.after))
    place = document.place(*cursor(before))
    return wide_window(place).infill(place)


def _rows(name: str, taken: dict[str, list[float]], aim: str = "") -> list[Row]:
    over = [router - bare for router, bare in zip(taken["router"], taken["bare"], strict=True)]
    noise = [again - bare for again, bare in zip(taken["again"], taken["bare"], strict=True)]
    return [
        Row.of(f"{name}: bare client", taken["bare"], 99),
        Row.of(f"{name}: router", taken["router"], 99),
        Row.of(f"{name}: router minus bare, pair by pair", over, 99, aim=aim),
        Row.of(f"{name}: bare minus bare (noise)", noise, 99),
    ]
