"""One request a key, never two at once: our prompt and stock `/infill`, same engine, same text, same keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from nearline_router.router import Router
from nearline_server.demo.client import server_command
from nearline_server.demo.typist import Script
from tests.bench.documents import cropped, hole, source
from tests.bench.engine import Engine
from tests.bench.report import Aim, Figures, Row, faster, times_faster
from tests.bench.sides import Ours, Samples, Side, Stock
from tests.bench.window import Pressed, Typing, until_ready, window

MODULE, KEYS, SEED = "textwrap", 60, 1
# About 875 and 75 tokens of Python: all of it goes into the stock prompt, into ours what the server always takes.
BEFORE_CHARS, AFTER_CHARS = 3_900, 300
# Both sides take turns, so that both see the machine as it is at the time.
TURN_KEYS = 15
# Behind an answer the server waits this long before it reads ahead.
REST_S = 0.6
ANSWER_AIM = Aim("75 / 150 ms", median=75, tail=150)
FASTER_AIM = Aim("5x faster", times=5, at_least=True)


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


def _compared(mine: Samples, theirs: Samples) -> list[Row]:
    first, whole = faster(mine.first_ms, theirs.first_ms), faster(mine.whole_ms, theirs.whole_ms)
    times = times_faster(mine.first_ms, theirs.first_ms)
    return [
        Row.of("first new character, ours", mine.first_ms, ratio=first, aim=FASTER_AIM, times=times),
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
        Row.of("answer over stdio, 150 ms budget", [key.took_ms for key in pressed], aim=ANSWER_AIM),
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
