"""Where the time goes: of a window's newest answers by its own stages, of attempts by those in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nearline_server.completion.stages import STAGES
from nearline_server.dashboard.figures import fine_ms, percentile
from nearline_server.lateness import lateness

# How a drawing names the stages of an answer; what is not here is the server's own work.
KINDS = {
    "joined": "queued",
    "queue": "queued",
    "prompt": "reading",
    "first": "away",
    "decode": "writing",
    "other": "other",
}
WORDS = {
    "own": "Nearline itself", "queued": "queued", "away": "on the way", "reading": "reading", "writing": "writing",
    "other": "not accounted for",
}  # fmt: skip


class Parts(NamedTuple):
    """What an attempt's time went to, in microseconds: waiting, and of the answer reading the prompt and writing."""

    queued: int
    away: int
    reading: int
    writing: int


def parts_of(queued_us: int, prefill_us: int | None, ttft_us: int | None, total_us: int | None) -> Parts:
    """Those of an attempt as the ledger has it; reading the prompt is a part of the wait for the first content."""
    total_us = total_us or 0
    first_us = total_us if ttft_us is None else min(ttft_us, total_us)
    read_us = min(prefill_us or 0, first_us)
    return Parts(queued_us, first_us - read_us, read_us, total_us - first_us)


@dataclass(frozen=True, slots=True)
class Row:
    """Many of a kind: the mean milliseconds of each part, which add up, and half and 95% of all of them within."""

    name: str
    count: int
    mean_ms: Mapping[str, float]
    p50_ms: float
    p95_ms: float
    # The 50th and 95th percentile of each part.
    parts_ms: Mapping[str, tuple[float, float]]

    @property
    def words(self) -> str:
        """The bar for those who hear it."""
        return ", ".join(f"{WORDS[kind]} {fine_ms(ms)}" for kind, ms in self.mean_ms.items() if ms)


@dataclass(frozen=True, slots=True)
class Answers:
    """The newest answers of a window: how many were in time, a row for each way to find one, and stage by stage."""

    count: int
    lateness: str
    rows: tuple[Row, ...]
    # Each stage with its percentiles in milliseconds by row, None where it does not happen.
    stages: tuple[tuple[str, tuple[tuple[float, float] | None, ...]], ...]
    edit_ms: tuple[float, float] | None


def answers(summary: Any) -> Answers | None:
    """What a window says of its newest answers; None before the first one, and of a version that does not say it."""
    try:
        found: Mapping[str, Mapping[str, Any]] = summary["found"]
        return Answers(
            count=int(summary["answers"]),
            lateness=lateness(summary),
            rows=tuple(_row(name, one) for name, one in found.items()),
            stages=tuple(_stages(found)),
            edit_ms=_spread(summary["edit_ms"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _row(name: str, one: Mapping[str, Any]) -> Row:
    mean_ms = dict.fromkeys(WORDS, 0.0)
    for stage, spread in one["stages_ms"].items():
        mean_ms[KINDS.get(stage, "own")] += float(spread["mean"])
    total = one["total_ms"]
    return Row(name, int(one["answers"]), mean_ms, float(total["p50"]), float(total["p95"]), {})


def _stages(found: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, tuple[tuple[float, float] | None, ...]]]:
    for stage in STAGES:
        spreads = tuple(_spread(one["stages_ms"].get(stage)) for one in found.values())
        if any(spreads):
            yield stage, spreads


def _spread(spread: Mapping[str, Any] | None) -> tuple[float, float] | None:
    return (float(spread["p50"]), float(spread["p95"])) if spread else None


def attempts(name: str, parts: Sequence[Parts]) -> Row:
    """The row of an endpoint; there is one attempt at least."""
    columns = dict(zip(Parts._fields, zip(*parts, strict=True), strict=True))
    totals = [sum(one) for one in parts]
    return Row(
        name,
        len(parts),
        {kind: sum(column) / len(parts) / 1000 for kind, column in columns.items()},
        *_within(totals),
        {kind: _within(column) for kind, column in columns.items()},
    )


def _within(times_us: Sequence[int]) -> tuple[float, float]:
    # Sorted here once; sorting what is sorted costs next to nothing.
    ordered = sorted(times_us)
    return (percentile(ordered, 0.5) or 0) / 1000, (percentile(ordered, 0.95) or 0) / 1000
