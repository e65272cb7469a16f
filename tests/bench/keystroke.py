"""One request a key, never two at once: our prompt and stock `/infill`, same engine, same text, same keys."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import httpx2

from nearline_router.router import Router
from nearline_router.types import Usage
from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.settings import CompletionSettings
from nearline_server.demo.client import server_command
from nearline_server.demo.typist import Script
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from tests.bench.documents import cropped, cursor, hole, source
from tests.bench.engine import Engine
from tests.bench.report import Figures, Row, faster
from tests.bench.stock_infill import Context
from tests.bench.window import Pressed, Typing, until_ready, window

MODULE, KEYS, SEED = "textwrap", 60, 1
# About 875 and 75 tokens of Python: nearly all of it is in both prompts, so both models know the same.
BEFORE_CHARS, AFTER_CHARS = 3_900, 300
# Both sides take turns, so that both see the machine as it is at the time.
TURN_KEYS = 15
# Long enough for every line to come whole, and no idle work while the other side has its turn.
PATIENT = CompletionSettings(budget_ms=60_000, invoked_budget_ms=60_000, idle_ms=60_000, multiline=False)
# Behind an answer the server waits this long before it reads ahead.
REST_S = 0.6


@dataclass(frozen=True, slots=True)
class Sample:
    """One key: `first_ms` to the first character that is not there yet, None when the model had nothing to say."""

    first_ms: float | None
    whole_ms: float
    evaluated_tokens: int
    prompt_tokens: int
    decoded_tokens: int


@dataclass(slots=True)
class Samples:
    """Those of one side."""

    of: list[Sample] = field(default_factory=list)

    @property
    def first_ms(self) -> list[float]:
        """Where the model said something."""
        return [sample.first_ms for sample in self.of if sample.first_ms is not None]

    @property
    def whole_ms(self) -> list[float]:
        """Of the same keys."""
        return [sample.whole_ms for sample in self.of if sample.first_ms is not None]

    @property
    def evaluated(self) -> list[float]:
        """Prompt tokens read anew."""
        return [sample.evaluated_tokens for sample in self.of]

    @property
    def decoded(self) -> list[float]:
        """Tokens the model said, with those that healing made it say again."""
        return [sample.decoded_tokens for sample in self.of if sample.first_ms is not None]


class Side(Protocol):
    """One way to ask for a completion at the cursor of its own copy of the document."""

    def type(self, key: str) -> None:
        """The user presses a key."""

    async def ask(self) -> Sample:
        """The model completes, whatever was said before."""


class Typed:
    """A document that is typed into."""

    def __init__(self, script: Script) -> None:
        uri = source(MODULE).as_uri()
        self.document = Document(uri, "python", 1, Buffer(script.before + script.after))
        self.cursor = cursor(script.before)

    def type(self, key: str) -> None:
        """See Side."""
        self.document.version += 1
        self.cursor = self.document.edit(self.cursor, self.cursor, key)


class Ours(Typed):
    """The server's own typing path, with time enough."""

    def __init__(self, script: Script, router: Router) -> None:
        super().__init__(script)
        self.completer = Completer(router, PATIENT)

    async def warm(self) -> None:
        """What the server does when a file is opened: read the prompt."""
        self.completer.focused(self.document.place(*self.cursor))
        if reading := self.completer._warm_up._task:
            await reading

    async def ask(self) -> Sample:
        """See Side. What is remembered would answer some keys without the model; here every key asks it."""
        place = self.document.place(*self.cursor)
        self.completer._memory.forget_document(place.uri)
        return _sample(await self.completer.complete(place, last_change="insert"))


class Stock(Typed):
    """llama.vim's request."""

    def __init__(self, script: Script, http: httpx2.AsyncClient) -> None:
        super().__init__(script)
        self._http = http

    async def ask(self) -> Sample:
        """See Side."""
        start_s = time.perf_counter()
        body = Context.at(self.document.buffer, self.cursor).single_line()
        first_ms = None
        async with self._http.stream("POST", "/infill", json=body) as response:
            async for line in response.aiter_lines():
                if not line.startswith("data: "):
                    continue
                event = json.loads(line.removeprefix("data: "))
                if first_ms is None and event["content"]:
                    first_ms = _ms_since(start_s)
                if event["stop"]:
                    timings = event["timings"]
        evaluated, cached = timings["prompt_n"], timings["cache_n"]
        return Sample(first_ms, _ms_since(start_s), evaluated, evaluated + cached, timings["predicted_n"])


async def measure(engine: Engine) -> Figures:
    """The section."""
    script = cropped(hole(MODULE, KEYS + 30, SEED), BEFORE_CHARS, AFTER_CHARS)
    keys = list(script.keys())[:KEYS]
    async with _routed(engine) as router:
        ours, stock = Ours(script, router), Stock(script, engine.http)
        await ours.warm()
        mine, theirs = await _take_turns(ours, stock, keys)
        await ours.completer.aclose()
    pressed = await _over_stdio(engine, script, keys)
    rows = [*_compared(mine, theirs), *_answered(pressed)]
    return Figures("keystroke: one request a key, never two at once", rows, _notes(mine, theirs, pressed))


async def _take_turns(ours: Side, stock: Side, keys: Sequence[str]) -> tuple[Samples, Samples]:
    samples = Samples(), Samples()
    for start in range(0, len(keys), TURN_KEYS):
        for side, kept in zip((ours, stock), samples, strict=True):
            # The other side's prompt is in the slot; getting our own back is not part of any key.
            await side.ask()
            for key in keys[start : start + TURN_KEYS]:
                side.type(key)
                kept.of.append(await side.ask())
    return samples


async def _over_stdio(engine: Engine, script: Script, keys: Sequence[str]) -> list[Pressed]:
    async with window(server_command(engine.config), source(MODULE), script) as client:
        await until_ready(client)
        typing = Typing(client, script)
        client.focus(typing.cursor)
        await engine.quiet(REST_S)
        pressed = []
        for key in keys:
            pressed.append(await typing.press_and_see(key))
            await engine.quiet()
        return pressed


@asynccontextmanager
async def _routed(engine: Engine) -> AsyncIterator[Router]:
    router = Router.from_file(engine.config)
    try:
        await router.ready()
        yield router
    finally:
        await router.aclose()


def _sample(answer: Answer) -> Sample:
    usage, stages = answer.usage or Usage(), answer.stages_ms
    evaluated, cached = usage.evaluated_tokens or 0, usage.cached_tokens or 0
    before_asking_ms = sum(stages.get(stage, 0.0) for stage in ("gate", "lookup", "context"))
    first_ms = None if answer.ttft_ms is None else before_asking_ms + answer.ttft_ms
    return Sample(first_ms, answer.total_ms, evaluated, evaluated + cached, usage.output_tokens or 0)


def _compared(mine: Samples, theirs: Samples) -> list[Row]:
    first, whole = faster(mine.first_ms, theirs.first_ms), faster(mine.whole_ms, theirs.whole_ms)
    return [
        Row.of("first new character, ours", mine.first_ms, ratio=first, aim="5x faster"),
        Row.of("first new character, stock /infill", theirs.first_ms),
        Row.of("whole line, ours", mine.whole_ms, ratio=whole),
        Row.of("whole line, stock /infill", theirs.whole_ms),
        Row.of("prompt tokens read anew, ours", mine.evaluated, unit="tokens", aim="at most 4"),
        Row.of("prompt tokens read anew, stock /infill", theirs.evaluated, unit="tokens"),
        Row.of("tokens decoded for the line, ours", mine.decoded, unit="tokens"),
        Row.of("tokens decoded for the line, stock /infill", theirs.decoded, unit="tokens"),
    ]


def _answered(pressed: Sequence[Pressed]) -> list[Row]:
    asked = [key for key in pressed if key.found in ("model", "join")]
    in_time = [key.said["ttft_ms"] for key in asked if key.said["ttft_ms"] is not None]
    shown = 100 * sum(bool(key.text) for key in pressed) / len(pressed)
    return [
        Row.of("answer over stdio, 150 ms budget", [key.took_ms for key in pressed], aim="75 / 150 ms"),
        Row.of("  of these by the model", [key.took_ms for key in asked]),
        Row.of("  first new character, where it came in time", in_time),
        Row("  keys answered with text", round(shown, 1), unit="%", count=len(pressed)),
    ]


def _notes(mine: Samples, theirs: Samples, pressed: Sequence[Pressed]) -> list[str]:
    prompts = [max((sample.prompt_tokens for sample in side.of), default=0) for side in (mine, theirs)]
    found: dict[str, int] = {}
    for key in pressed:
        found[key.found] = found.get(key.found, 0) + 1
    silent = [len(side.of) - len(side.first_ms) for side in (mine, theirs)]
    return [
        f"prompt: ours {prompts[0]} tokens, stock {prompts[1]}; the same document for both",
        f"keys at which the model had nothing to say: ours {silent[0]}, stock {silent[1]}",
        f"over stdio found by: {', '.join(f'{how} {count}' for how, count in sorted(found.items()))}",
    ]


def _ms_since(start_s: float) -> float:
    return (time.perf_counter() - start_s) * 1000
