"""Ten requests typed 30 ms apart at the real engine: it works on one at a time, and stops when told to.

A closed connection is seen by llama.cpp at its next token. The next request may be there before, and waits that
long inside; what these tests hold to is that it never waits for more than that.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from nearline_router.config import EngineConfig, RouterConfig
from nearline_router.engine.state import EngineState
from nearline_router.errors import Superseded
from nearline_router.router import Router
from nearline_router.types import Infill, RoutingRequest
from tests.engines import HostedEngine, metrics
from tests.waiting import until

KEYS = 10
APART_S = 0.03
POLL_S = 0.003
# Tokens that the engine may decode between the cancel and its noticing it.
LATE_TOKENS = 2


class Typed:
    """One keystroke's request, closed as the typing path does: at once, but not while its prompt is read."""

    def __init__(self, router: Router, request: RoutingRequest) -> None:
        self._router = router
        self._request = request
        self._admitted = self._unwanted = False
        self.tokens = 0
        self.text = ""
        self.whole = False
        self.task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Nobody wants it any more."""
        self._unwanted = True
        if not self._admitted or self.tokens:
            self.task.cancel()

    async def _run(self) -> None:
        try:
            async with aclosing(self._router.stream(self._request)) as chunks:
                async for chunk in chunks:
                    self._admitted = True
                    self.text += chunk.text
                    if chunk.usage:
                        self.tokens = chunk.usage.output_tokens or 0
                    if self.tokens and self._unwanted:
                        return
            self.whole = True
        except Superseded:
            return


@pytest.fixture
async def router(engine_dir: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Router]:
    """A router that finds the shared engine."""
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(engine_dir))
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(models_dir))
    router = Router(RouterConfig(engine=EngineConfig(discover=False)))
    assert (await router.ready()).state == "ready"
    yield router
    await router.aclose()


def asked(middle: str, tokens: int) -> RoutingRequest:
    """The request of one keystroke in a list that a model likes to go on with."""
    hole = Infill("numbers = [\n", middle, "\n]\n", "numbers.py", "python", multiline=True)
    return RoutingRequest(hole, tokens, supersedes="numbers.py")


async def watch(state: EngineState, seen: list[dict[str, float]]) -> None:
    """Ask the engine for its counters again and again."""
    while True:
        seen.append(await asyncio.to_thread(metrics, state))
        await asyncio.sleep(POLL_S)


def longest_wait(seen: list[dict[str, float]]) -> float:
    """The most tokens that the engine decoded while a second request was in it."""
    longest = first = 0.0
    for before, now in itertools.pairwise(seen):
        if not before["requests_deferred"]:
            first = now["n_decode_total"]
        if now["requests_deferred"]:
            longest = max(longest, now["n_decode_total"] - first)
    return longest


async def tokens_decoded(state: EngineState) -> float:
    """The engine's own count, when it has come to rest."""
    while (found := await asyncio.to_thread(metrics, state))["requests_processing"]:
        pass
    return found["tokens_predicted_total"]


async def test_ten_requests_are_worked_on_one_at_a_time_and_the_last_is_answered(
    router: Router, engine: HostedEngine
) -> None:
    """Never two, but for the moment in which it lets go of a closed one; of the ten only the last is answered."""
    seen: list[dict[str, float]] = []
    watcher = asyncio.create_task(watch(engine.state, seen))
    typed: list[Typed] = []
    for count in range(1, KEYS + 1):
        if typed:
            typed[-1].close()
        typed.append(Typed(router, asked("    1, 2, 3, 4, 5,"[: 8 + count], 12)))
        await asyncio.sleep(APART_S)
    await typed[-1].task
    watcher.cancel()
    await asyncio.gather(*(one.task for one in typed), watcher, return_exceptions=True)

    assert [one.whole for one in typed] == [False] * (KEYS - 1) + [True]
    assert typed[-1].text.strip() != ""
    assert max(one["requests_processing"] for one in seen) == 1
    assert max(one["requests_deferred"] for one in seen) <= 1
    assert longest_wait(seen) <= LATE_TOKENS


async def test_after_the_last_cancel_the_engine_stops(router: Router, engine: HostedEngine) -> None:
    """What it decoded is what was heard, and at most two tokens more."""
    before = await tokens_decoded(engine.state)
    last = Typed(router, asked("    1, 2,", 400))
    await until(lambda: last.tokens >= 5, "some text")

    last.close()
    heard = last.tokens
    await asyncio.wait([last.task])

    assert last.task.cancelled()
    assert await tokens_decoded(engine.state) - before - heard <= LATE_TOKENS
