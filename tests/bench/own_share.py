"""Nearline's own share of a request: an endpoint that answers at once, a long file, every key asks the model."""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path

from nearline_server.demo.client import server_command
from tests.bench import scripted
from tests.bench.documents import long_file, source
from tests.bench.report import Aim, Figures, Row
from tests.bench.window import BARE, Pressed, Typing, until_ready, window

LINES, KEYS = 5_000, 300
UNMEASURED, AT_ONCE = 20, 100
# Begins with what is never typed, so that no key goes along with it.
SUGGESTION = ("zz", "z_one", "(two)")
# Servers and endpoint are at rest between keys, as they are when a person types; waking up costs, too.
GAP_S = 0.010
SETTLE_S = 1.0
AIM = Aim("2 / 5 ms", median=2, tail=5)


async def measure(folder: Path) -> Figures:
    """The section."""
    return _figures(*await _pressed(folder))


async def median_ms(folder: Path) -> float:
    """The median of Nearline's own share alone, request to answer at the client."""
    pairs, _ = await _pressed(folder)
    return statistics.median(mine.took_ms for mine, _ in pairs)


async def _pressed(folder: Path) -> tuple[list[tuple[Pressed, Pressed]], list[Pressed]]:
    """Each key with Nearline and with a bare server, and keys with Nearline that come at once."""
    script = long_file(LINES)
    keys = [key for key in script.keys() if "z" not in key]  # noqa: SIM118 (not a mapping)
    path = source("argparse")
    async with scripted.endpoint(*SUGGESTION) as url:
        command = server_command(scripted.config(folder, url))
        async with window(command, path, script) as client, window(BARE, path, script) as bare:
            await until_ready(client)
            typing = Typing(client, script)
            client.focus(typing.cursor)
            await asyncio.sleep(SETTLE_S)
            pairs = await _alternately(typing, Typing(bare, script), keys[: UNMEASURED + KEYS])
            at_once = [await typing.press(key) for key in keys[UNMEASURED + KEYS :][:AT_ONCE]]
    return pairs[UNMEASURED:], at_once


async def _alternately(ours: Typing, bare: Typing, keys: list[str]) -> list[tuple[Pressed, Pressed]]:
    pairs = []
    for key in keys:
        pairs.append((await ours.press_and_see(key), await bare.press(key)))
        await asyncio.sleep(GAP_S)
    return pairs


def _figures(pairs: list[tuple[Pressed, Pressed]], at_once: list[Pressed]) -> Figures:
    ours, bare = [mine.took_ms for mine, _ in pairs], [theirs.took_ms for _, theirs in pairs]
    by_model = sum(mine.found == "model" for mine, _ in pairs)
    rows = [
        Row.of("request to answer, Nearline", ours, 99, aim=AIM),
        Row.of("  in the server, by its own clock", [mine.said["total_ms"] for mine, _ in pairs], 99),
        Row.of("  of that, router, HTTP and endpoint", [mine.stage_ms("model") for mine, _ in pairs], 99),
        Row.of("request to answer, bare pygls", bare, 99),
        Row.of("difference, key by key", [mine - theirs for mine, theirs in zip(ours, bare, strict=True)], 99),
        Row.of("Nearline, key upon key without a rest", [mine.took_ms for mine in at_once], 99),
    ]
    notes = [f"{by_model} of {len(pairs)} answers came from the model path; {LINES}-line file, an edit before each"]
    return Figures("own share: a scripted endpoint that answers at once, over stdio", rows, notes)
