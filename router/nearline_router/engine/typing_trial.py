"""An engine of its own for one set of settings, and typing as an editor does it, timed."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Protocol

from nearline_router.engine import store
from nearline_router.engine.host import EngineParams
from nearline_router.engine.state import end_engine, runtime_dir
from nearline_router.engine.supervisor import EngineSupervisor
from nearline_router.engine.tuning import Tuning
from nearline_router.errors import EngineError
from nearline_router.transports.llamacpp import LlamaCpp
from nearline_router.types import Infill, RoutingRequest, Usage

KEYSTROKES = 6
TYPED_CHARS = 12
# One prompt in so many requests is read anew; the others share all but their last tokens with the one before.
KEYSTROKES_PER_PROMPT = 20
OUTPUT_TOKENS = 32
# Some 550 tokens around the cursor.
PREFIX_CHARS, SUFFIX_CHARS = 1_500, 700
# Where in the text the rounds begin, in lines: each at another place.
FIRST_LINE, LINES_PER_ROUND = 60, 23
# An engine whose tuning was killed ends after this.
IDLE_S = 120.0


@dataclass(frozen=True, slots=True)
class Round:
    """A prompt that was read, and some keystrokes after it, each until its line's end."""

    prompt_tokens: int
    prefill_ms: float
    keystrokes_ms: tuple[float, ...]
    output_tokens: int
    decode_ms: float
    texts: tuple[str, ...]

    @property
    def cost_ms(self) -> float:
        """What a keystroke takes, with its share of a prompt."""
        return sum(self.keystrokes_ms) / len(self.keystrokes_ms) + self.prefill_ms / KEYSTROKES_PER_PROMPT


@dataclass(frozen=True, slots=True)
class Speeds:
    """The medians of some rounds."""

    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    keystroke_ms: float


def speeds(rounds: list[Round]) -> Speeds:
    """Of at least one round."""
    return Speeds(
        median(one.prompt_tokens * 1000 / max(one.prefill_ms, 0.001) for one in rounds),
        median(one.output_tokens * 1000 / max(one.decode_ms, 0.001) for one in rounds),
        median(keystroke for one in rounds for keystroke in one.keystrokes_ms),
    )


class Trial(Protocol):
    """Something that can be typed into."""

    async def round(self, number: int) -> Round:
        """Type at the place of this number; the same number is the same text."""
        ...


class TypingTrial:
    """Typing into one engine. `clock` gives seconds that only grow."""

    def __init__(self, transport: LlamaCpp, clock: Callable[[], float] = time.perf_counter) -> None:
        self._transport, self._clock = transport, clock

    async def warm_up(self) -> None:
        """The first request to an engine takes longer than all others."""
        await self._ask(RoutingRequest(Infill("", "value = ", "", "value.py", "python"), 8))

    async def round(self, number: int) -> Round:
        """See Trial."""
        hole, typed = _hole(number)
        read, _, _ = await self._ask(RoutingRequest(hole, OUTPUT_TOKENS, warm_up=True))
        answers = [await self._ask(request) for request in _keystrokes(hole, typed)]
        return Round(
            prompt_tokens=read.evaluated_tokens or 0,
            prefill_ms=read.prefill_ms or 0.0,
            keystrokes_ms=tuple(took_ms for _, took_ms, _ in answers),
            output_tokens=sum(usage.output_tokens or 0 for usage, _, _ in answers),
            decode_ms=sum(usage.decode_ms or 0.0 for usage, _, _ in answers),
            texts=tuple(text for _, _, text in answers),
        )

    async def _ask(self, request: RoutingRequest) -> tuple[Usage, float, str]:
        begun_s, usage, text = self._clock(), Usage(), ""
        async with aclosing(self._transport.stream(request)) as chunks:
            async for chunk in chunks:
                usage, text = chunk.usage or usage, text + chunk.text
        return usage, (self._clock() - begun_s) * 1000, text


@asynccontextmanager
async def hosted(params: EngineParams, tuning: Tuning) -> AsyncIterator[Trial]:
    """Start an engine in a folder of its own; it is gone afterwards, cancelled or not. Raises EngineError."""
    with tempfile.TemporaryDirectory(prefix="tune-", dir=runtime_dir(), ignore_cleanup_errors=True) as folder:
        own = replace(params, runtime_dir=folder, idle_s=IDLE_S, tuning=tuning)
        # In a thread that no cancel reaches: an engine that is just being started must be ended too.
        starting = asyncio.create_task(EngineSupervisor(own).ensure())
        try:
            state = await asyncio.shield(starting)
            transport = LlamaCpp("tuning", state.url, state.key)
            try:
                trial = TypingTrial(transport)
                await trial.warm_up()
                yield trial
            finally:
                await transport.aclose()
        finally:
            await asyncio.wait([starting])
            await asyncio.to_thread(end_engine, Path(folder))


def _hole(number: int) -> tuple[Infill, str]:
    """A place in a source file of ours, and what is typed there."""
    lines = Path(store.__file__).read_text(encoding="utf-8").splitlines(keepends=True)
    if len(lines) < 2 * FIRST_LINE:
        raise EngineError("the text that tuning types into is not there")
    line = FIRST_LINE + number * LINES_PER_ROUND % (len(lines) - 2 * FIRST_LINE)
    before, typed, after = "".join(lines[:line]), "".join(lines[line : line + 4]), "".join(lines[line + 4 :])
    # The number makes it a prompt that no cache holds.
    prefix = f"# {number}\n{before[-PREFIX_CHARS:]}"
    return Infill(prefix, "", after[:SUFFIX_CHARS], "store.py", "python"), typed


def _keystrokes(hole: Infill, typed: str) -> list[RoutingRequest]:
    ends = range(TYPED_CHARS, TYPED_CHARS * (KEYSTROKES + 1), TYPED_CHARS)
    return [RoutingRequest(replace(hole, middle=typed[:end]), OUTPUT_TOKENS) for end in ends]
