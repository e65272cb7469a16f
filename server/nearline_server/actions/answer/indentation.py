"""Code with the indentation of the text that it replaces: its margin, its step, its tabs or spaces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def indented(lines: Sequence[str], kept: Sequence[str]) -> list[str]:
    """The lines with the indentation of the original: of all ways the one after which most lines are as they were."""
    base, known = margin_of(kept[0]), set(kept)
    best = max(_ways(lines, kept), key=lambda way: _fit(way, kept, _step(kept)))
    # What stands left of the original's margin, such as the text of a string, was never moved.
    return [
        raw if raw in known and line not in known and len(margin_of(raw)) < len(base) else line
        for raw, line in zip(lines, best, strict=True)
    ]


def _ways(lines: Sequence[str], kept: Sequence[str]) -> list[list[str]]:
    base, steps, own = margin_of(kept[0]), _step(kept), _step(lines)
    depths = list(map(margin_of, kept))
    evidence = depths if any(depths) else list(map(margin_of, lines))
    tabs = any(margin.startswith("\t") for margin in evidence)
    unit = (own if tabs else steps if any("\t" in line[:1] for line in lines) else own) or steps or 4
    ways = [_moved(lines, base, unit, unit, tabs=tabs)]
    if own and steps:
        ways.append(_moved(lines, base, own, steps, tabs=tabs))
    rest = [line for line in lines[1:] if line]
    if rest and len(margin_of(rest[0])) > len(base):
        # Only the first line lost its margin.
        ways.append([base + lines[0].lstrip(" \t"), *lines[1:]])
    if margin_of(lines[0]) == base:
        ways.append(list(lines))
    return ways


def _fit(way: Sequence[str], kept: Sequence[str], step: int) -> tuple[int, int, int]:
    """How many lines are at a step of the original's, are lines of it, are as deep as one of it."""
    known, margins, zero = set(kept), set(map(margin_of, kept)), depth_of(kept[0])
    lines = [line for line in way if line]
    steps = sum(not step or (depth_of(line) - zero) % step == 0 or margin_of(line) in margins for line in lines)
    return steps, sum(line in known for line in lines), sum(margin_of(line) in margins for line in lines)


def _moved(lines: Sequence[str], base: str, unit: int, new_unit: int, *, tabs: bool) -> list[str]:
    """The lines with the first one's margin at `base` and the others' relative to it, `unit` columns a step."""
    zero, margin = depth_of(lines[0], unit), depth_of(base, new_unit)
    moved = []
    for line in lines:
        columns = depth_of(line, unit) - zero
        steps, rest = divmod(abs(columns), unit)
        if columns >= 0:
            space = base + ("\t" * steps if tabs else " " * (steps * new_unit)) + " " * rest
        else:
            left = max(0, margin - steps * new_unit - rest)
            space = "\t" * (left // new_unit) + " " * (left % new_unit) if tabs else " " * left
        moved.append(space + line.lstrip(" \t") if line else "")
    return moved


def _step(lines: Sequence[str]) -> int:
    """Columns of one step of indentation, a tab being 4; 0 if no line is deeper than the one above."""
    depths = [depth_of(line) for line in lines if not is_blank(line) and not line.lstrip().startswith("*")]
    return min((b - a for a, b in pairwise(depths) if b > a), default=0)


def margin_of(line: str) -> str:
    """The white space that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def depth_of(line: str, tab: int = 4) -> int:
    """Columns of white space that a line begins with, a tab being that many."""
    margin = margin_of(line)
    return len(margin) + margin.count("\t") * (tab - 1)


def is_blank(line: str) -> bool:
    """Whether it has nothing but white space, as an editor sees it: a form feed is something."""
    return not line.strip(" \t\r\n")
