"""Answers to keys that go along with the ghost text: no model is asked."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nearline_server.demo.client import server_command
from tests.bench import scripted
from tests.bench.documents import long_file, source
from tests.bench.report import Aim, Figures, Row
from tests.bench.window import Pressed, Typing, until_ready, window

LINES, ROUNDS = 5_000, 6
SUGGESTION = "first_value = second_value + third_value(fourth_value, fifth_value) # sixth"
TYPED_ALONG = 50
GAP_S = 0.010
SETTLE_S = 1.0
AIM = Aim("p99 2 ms", tail=2)


async def measure(folder: Path) -> Figures:
    """The section."""
    script = long_file(LINES)
    async with scripted.endpoint(SUGGESTION[:10], SUGGESTION[10:]) as url:
        command = server_command(scripted.config(folder, url))
        async with window(command, source("argparse"), script) as client:
            await until_ready(client)
            typing = Typing(client, script)
            client.focus(typing.cursor)
            await asyncio.sleep(SETTLE_S)
            pressed = [key for number in range(ROUNDS) for key in await _round(typing, number)]
    went_along = [key for key in pressed if key.found == "type-through"]
    rows = [
        Row.of("request to answer, type-through", [key.took_ms for key in went_along], 99, aim=AIM),
        Row.of("  in the server, by its own clock", [key.said["total_ms"] for key in went_along], 99),
    ]
    notes = [f"{len(went_along)} of {len(pressed)} keys; {LINES}-line file, an edit before each"]
    return Figures("type-through: keys that go along with the ghost text, over stdio", rows, notes)


async def _round(typing: Typing, number: int) -> list[Pressed]:
    """A new line gets a suggestion, most of it is typed, and a comment that differs ends the line."""
    await typing.press("\n    ")
    pressed = []
    for key in SUGGESTION[:TYPED_ALONG]:
        await asyncio.sleep(GAP_S)
        pressed.append(await typing.press_and_see(key))
    await typing.press(f"  # {number}")
    return pressed
