"""How much of everything goes into a prompt, so that it is no longer than it may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Part = Literal["conventions", "definitions", "own", "turns", "lines"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Characters of the conventions; definitions of other documents and of the own; turns; lines around the range."""

    conventions: int = 0
    definitions: int = 0
    own: int = 0
    turns: int = 0
    lines: int = 0


def reduced(sizes: Sizes, steps: Sequence[tuple[Part, int]], fits: Callable[[Sizes], bool]) -> Sizes:
    """The sizes, part by part made as small as necessary and no smaller than the step says, which may not fit."""
    for part, least in steps:
        if fits(sizes):
            break
        sizes = _with(sizes, part, _largest(part, least, sizes, fits))
    return sizes


def _largest(part: Part, least: int, sizes: Sizes, fits: Callable[[Sizes], bool]) -> int:
    """The largest size of a part that fits, else the least."""
    high: int = getattr(sizes, part)
    low = min(least, high)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(_with(sizes, part, middle)):
            low = middle
        else:
            high = middle - 1
    return low


def _with(sizes: Sizes, part: Part, size: int) -> Sizes:
    return replace(sizes, **{part: size})
