"""The coordinates of the drawings: the stages of requests as bars, and times as a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nearline_server.dashboard.figures import us
from nearline_server.dashboard.stages import Row, parts_of
from nearline_server.dashboard.today import AttemptRow

# A drawing is so wide in units of its own, whatever its width on the screen.
WIDTH = 1000
HEIGHT = 100
MOST_POINTS = 80


class Stage(NamedTuple):
    """A part of a bar: what happened, from where, how wide."""

    name: str
    x: float
    width: float


class Bar(NamedTuple):
    """A request's stages, and the same in words."""

    attempt: AttemptRow
    stages: tuple[Stage, ...]
    words: str


def bars(attempts: Sequence[AttemptRow]) -> tuple[Bar, ...]:
    """One for each attempt; the longest one takes the whole width."""
    longest_us = max((one.queued_us + (one.total_us or 0) for one in attempts), default=0) or 1
    return tuple(Bar(one, _stages(one, WIDTH / longest_us), _words(one)) for one in attempts)


def _stages(one: AttemptRow, unit: float) -> tuple[Stage, ...]:
    return stacked(parts_of(one.queued_us, one.prefill_us, one.ttft_us, one.total_us)._asdict(), unit)


def means(rows: Sequence[Row]) -> tuple[tuple[Row, tuple[Stage, ...]], ...]:
    """Each row with its bar; the longest one takes the whole width."""
    longest_ms = max((sum(row.mean_ms.values()) for row in rows), default=0) or 1
    return tuple((row, stacked(row.mean_ms, WIDTH / longest_ms)) for row in rows)


def stacked(parts: Mapping[str, float], unit: float) -> tuple[Stage, ...]:
    """Parts one behind the other, so many units of the drawing for each unit of theirs."""
    stages, x = [], 0.0
    for name, part in parts.items():
        if part > 0:
            stages.append(Stage(name, round(x, 1), round(part * unit, 1)))
        x += part * unit
    return tuple(stages)


def _words(one: AttemptRow) -> str:
    if one.total_us is None:
        return "under way"
    reading = f", reading {us(one.prefill_us)}" if one.prefill_us else ""
    return f"queued {us(one.queued_us)}{reading}, first content after {us(one.ttft_us)}, end after {us(one.total_us)}"


def line(values: Sequence[float]) -> str:
    """The newest values as the points of a line from left to right, zero at the bottom."""
    newest = values[-MOST_POINTS:]
    most = max(newest, default=0) or 1
    step = WIDTH / max(1, len(newest) - 1)
    return " ".join(f"{number * step:.1f},{HEIGHT - value / most * HEIGHT:.1f}" for number, value in enumerate(newest))
