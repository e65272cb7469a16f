"""What the router predicted for each request, as its ledger has it, against what became of it."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass

from nearline_router.learned import state_dir
from nearline_router.ledger.database import connect
from nearline_router.router import Router
from nearline_router.types import Chat, Message, Priority, RoutingRequest
from nearline_server.demo.client import server_command
from nearline_server.demo.typist import gaps_s
from tests.bench.documents import hole, source
from tests.bench.engine import Engine
from tests.bench.report import Figures, Row
from tests.bench.window import Typing, until_ready, window

# Each seed is another hole of the module, and so a new window; each place is typed at by a server of its own, which
# goes on from what the one before it has learned.
MODULES, SEEDS, KEYS = ("textwrap", "shlex", "configparser"), (7, 11, 13), 30
# The first ones teach what the others are judged by.
LEARNED_FROM = 1
QUESTIONS, EXCERPT_CHARS, ANSWER_TOKENS = ("Explain this.", "When does it fail?"), 1_200, 16
# From here on a prompt counts as found in the cache.
WARM_SHARE = 0.5
TYPED = ("complete", "speculate")
QUERY = """
SELECT task, predicted_ttft_us / 1000.0, (queued_us + ttft_us) / 1000.0, budget_us / 1000.0,
       coalesce(1.0 * cached_tokens / nullif(input_tokens, 0), 0.0)
FROM attempts WHERE opened_us >= ? AND number = 1 AND warm_up = 0 AND ttft_us IS NOT NULL
                    AND predicted_ttft_us IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Predicted:
    """A request's time to the first content from when it was asked, as predicted and as measured.

    `cached_share` is how much of its prompt was found in the prompt cache.
    """

    task: str
    predicted_ms: float
    measured_ms: float
    budget_ms: float | None
    cached_share: float

    @property
    def error_ms(self) -> float:
        """Positive where it was predicted too slow."""
        return self.predicted_ms - self.measured_ms

    @property
    def decided_right(self) -> bool:
        """Whether it is on the predicted side of its deadline."""
        budget_ms = self.budget_ms or 0.0
        return (self.predicted_ms <= budget_ms) == (self.measured_ms <= budget_ms)

    @property
    def mode(self) -> str:
        """What the row of the table is called."""
        warm = self.cached_share >= WARM_SHARE
        if self.task in TYPED:
            return f"{self.task}, {'warm key' if warm else 'new window'}"
        return f"{self.task}, {'same text again' if warm else 'new text'}"


async def measure(engine: Engine) -> Figures:
    """The section."""
    places = [(module, seed) for seed in SEEDS for module in MODULES]
    for module, seed in places[:LEARNED_FROM]:
        await _type(engine, module, seed)
    since_us = time.time_ns() // 1000
    for module, seed in places[LEARNED_FROM:]:
        await _type(engine, module, seed)
    await _ask(engine)
    with closing(connect(state_dir(), read_only=True)) as connection:
        found = list(predictions(connection, since_us))
    return Figures("predictions: time to the first content, predicted and measured", rows(found), _notes(found))


def predictions(connection: sqlite3.Connection, since_us: int) -> Iterator[Predicted]:
    """The requests since a time (Unix microseconds) whose first content came."""
    for row in connection.execute(QUERY, (since_us,)):
        yield Predicted(*row)


def rows(found: Sequence[Predicted]) -> list[Row]:
    """One for each task and mode: the absolute error, with medians and bias beside it; then who was in time."""
    modes = dict.fromkeys(sorted(one.mode for one in found))
    table = [_row(mode, [one for one in found if one.mode == mode]) for mode in modes]
    dated = [one for one in found if one.budget_ms is not None]
    right = 100 * sum(one.decided_right for one in dated) / max(1, len(dated))
    return [*table, Row("deadline decisions that were right", round(right, 1), unit="%", count=len(dated))]


def _row(mode: str, found: Sequence[Predicted]) -> Row:
    predicted = statistics.median(one.predicted_ms for one in found)
    measured = statistics.median(one.measured_ms for one in found)
    bias = statistics.median(one.error_ms for one in found)
    said = f"predicted {predicted:.0f}, measured {measured:.0f}, bias {bias:+.0f} ms"
    return Row.of(f"{mode}: error", [abs(one.error_ms) for one in found], 90, ratio=said)


async def _type(engine: Engine, module: str, seed: int) -> None:
    script = hole(module, KEYS, seed)
    async with window(server_command(engine.config), source(module), script) as client:
        await until_ready(client)
        typing = Typing(client, script)
        for key, gap_s in zip(script.keys(), gaps_s(seed), strict=False):
            await typing.press(key)
            await asyncio.sleep(gap_s)
    await engine.quiet()


async def _ask(engine: Engine) -> None:
    router = Router.from_file(engine.config)
    try:
        await router.ready()
        for module in MODULES:
            text = source(module).read_text(encoding="utf-8")[:EXCERPT_CHARS]
            for question in QUESTIONS:
                await _answered(router, Chat("You explain code.", (Message("user", f"{text}\n\n{question}"),)))
    finally:
        await router.aclose()


async def _answered(router: Router, chat: Chat) -> None:
    request = RoutingRequest(chat, ANSWER_TOKENS, task="explain", priority=Priority.ACTION)
    async with aclosing(router.stream(request)) as chunks:
        async for _ in chunks:
            pass


def _notes(found: Sequence[Predicted]) -> list[str]:
    return [
        "median and p90 are of the absolute error; bias is the median error, positive where it was predicted too slow",
        f"typed at {len(MODULES) * len(SEEDS) - LEARNED_FROM} places in {len(MODULES)} files, {KEYS} keys each, after "
        f"{LEARNED_FROM} that taught the speed; {len(found)} requests had content, waiting in the queue is part of it",
    ]
