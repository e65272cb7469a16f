"""One hole, three ways: ours without haste, what ours shows in the real budget, and the bare model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from nearline_server.completion.settings import CompletionSettings
from nearline_server.quality.hole import Hole, exact, similarity
from nearline_server.quality.pipeline import suggestion
from nearline_server.quality.sandbox import passes
from tests.quality.engine import Sides

BUDGET_MS = CompletionSettings().budget_ms
OURS, IN_TIME, BARE = "ours", f"ours, shown in {BUDGET_MS:.0f} ms", "documented prompt"


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one suggestion: `passed` is None where nothing is run; `so_far` is whether it is there, and right
    as far as it goes.
    """

    exact: bool
    passed: bool | None
    similarity: float
    so_far: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Compared:
    """The scores of a hole, by way."""

    hole: Hole
    scores: dict[str, Score]


async def compared(sides: Sides, holes: Iterable[Hole], on_hole: Callable[[], None]) -> list[Compared]:
    """Every hole three ways, one after the other.

    The second follows the first, so that the prompt has been read: as at any key but the first at a place.
    """
    ways: dict[str, Callable[[Hole], Awaitable[str]]] = {
        OURS: lambda hole: _ours(sides, hole),
        IN_TIME: lambda hole: _ours(sides, hole, BUDGET_MS),
        BARE: sides.documented.suggestion,
    }
    results = []
    for hole in holes:
        results.append(Compared(hole, {name: await scored(hole, way) for name, way in ways.items()}))
        on_hole()
    return results


async def _ours(sides: Sides, hole: Hole, *budget_ms: float) -> str:
    return (await suggestion(sides.router, hole, *budget_ms)).text


async def scored(hole: Hole, way: Callable[[Hole], Awaitable[str]]) -> Score:
    start_s = time.perf_counter()
    text = await way(hole)
    seconds = time.perf_counter() - start_s
    same = exact(hole, text)
    # What stood there passes: `test_humaneval` runs some of them.
    passed = (same or await asyncio.to_thread(passes, hole.program(text))) if hole.check else None
    so_far = bool(text.strip()) and hole.target.lstrip("\n").startswith(text.lstrip("\n").rstrip())
    return Score(same, passed, similarity(hole, text), so_far, seconds)
