"""The tables of the quality bench, and the same as plain values."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from nearline_router.types import Usage
from nearline_server.quality.intervals import paired_interval
from tests.quality.compared import BARE, OURS, Compared, Score
from tests.quality.real_files import held_out

# What of a score is a figure; a share where it is yes or no.
FIGURES: dict[str, Callable[[Score], float]] = {
    "exact": lambda score: score.exact,
    "pass@1": lambda score: bool(score.passed),
    "similarity": lambda score: score.similarity,
    "right so far": lambda score: score.so_far,
}
SEED = 20_260
DIFFERENCE = f"{OURS} - {BARE}"


def groups(suite: str, results: Sequence[Compared]) -> dict[str, list[Compared]]:
    """The parts that get a table: a suite, and of real files both halves of the split."""
    if suite != "spans":
        return {suite: list(results)}
    halves = {"spans, tuning": False, "spans, held-out": True}
    return {name: [one for one in results if held_out(one.hole.source) is half] for name, half in halves.items()}


def show(console: Console, name: str, results: Sequence[Compared]) -> None:
    """One table: a row for each way, and one for the difference of the first and the last with its interval."""
    figures = _figures(results)
    table = Table("", *figures, "s a task", title=f"{name}, {len(results)} tasks", title_justify="left", box=None)
    for way in results[0].scores:
        means = [f"{_mean(results, way, figure):.2f}" for figure in figures]
        table.add_row(way, *means, f"{fmean(one.scores[way].seconds for one in results):.1f}")
    table.add_row("difference, 95 %", *(_difference_text(results, figure) for figure in figures), "")
    console.print(table, "")


def show_ways(console: Console, name: str, results: Sequence[Compared], prices: Mapping[str, Sequence[Usage]]) -> None:
    """One table: a row for each way with what its prompts cost, and for each but the first its difference to it."""
    figures = _figures(results)
    first, *others = results[0].scores
    table = Table("", *figures, "prompt tokens", "decoded ms/token", title=f"{name}, {len(results)} tasks",
                  title_justify="left", box=None)  # fmt: skip
    for way in results[0].scores:
        means = [f"{_mean(results, way, figure):.2f}" for figure in figures]
        table.add_row(way, *means, *price_texts(prices[way]))
    for way in others:
        texts = (_difference_text(results, figure, way, first) for figure in figures)
        table.add_row(f"{way}, difference, 95 %", *texts, "", "")
    console.print(table, "")


def price_texts(usages: Sequence[Usage]) -> tuple[str, str]:
    """The mean length of the prompts, cached or not, and the mean time that a token of the answers took."""
    prompts = [(one.evaluated_tokens or 0) + (one.cached_tokens or 0) for one in usages]
    times = [one.decode_ms / one.output_tokens for one in usages if one.decode_ms and one.output_tokens]
    return f"{fmean(prompts):.0f}", f"{fmean(times):.1f}" if times else "-"


def show_languages(console: Console, results: Sequence[Compared]) -> None:
    """Exact match by language, both halves together."""
    table = Table(
        "language", "tasks", OURS, BARE, title="spans, exact match by language", title_justify="left", box=None
    )
    for language in sorted({one.hole.language for one in results}):
        of_it = [one for one in results if one.hole.language == language]
        means = [f"{_mean(of_it, way, 'exact'):.2f}" for way in (OURS, BARE)]
        table.add_row(language, str(len(of_it)), *means)
    console.print(table, "")


def record(results: Sequence[Compared]) -> dict[str, Any]:
    """For JSON: means, differences with intervals, and each task's scores; no text of a suggestion."""
    figures = _figures(results)
    return {
        "tasks": len(results),
        "means": {way: {name: _mean(results, way, name) for name in figures} for way in results[0].scores},
        DIFFERENCE: {name: difference(results, name) for name in figures},
        "scores": {one.hole.name: {way: asdict(score) for way, score in one.scores.items()} for one in results},
    }


def record_ways(results: Sequence[Compared]) -> dict[str, Any]:
    """For JSON: each way's means, its differences to the first with intervals, and each task's scores."""
    figures = _figures(results)
    first, *others = results[0].scores
    return {
        "tasks": len(results),
        "means": {way: {name: _mean(results, way, name) for name in figures} for way in results[0].scores},
        "differences": {way: {name: difference(results, name, way, first) for name in figures} for way in others},
        "scores": {one.hole.name: {way: asdict(score) for way, score in one.scores.items()} for one in results},
    }


def difference(
    results: Sequence[Compared], figure: str, ours: str = OURS, bare: str = BARE
) -> tuple[float, float, float]:
    """One way's mean less another's, and the ends of its 95 % interval."""
    value = FIGURES[figure]
    pairs = [(one.hole.source, value(one.scores[ours]) - value(one.scores[bare])) for one in results]
    return fmean(by for _, by in pairs), *paired_interval(pairs, random.Random(SEED))


def _figures(results: Sequence[Compared]) -> list[str]:
    run = any(one.hole.check for one in results)
    return [name for name in FIGURES if run or name != "pass@1"]


def _mean(results: Sequence[Compared], way: str, figure: str) -> float:
    return fmean(FIGURES[figure](one.scores[way]) for one in results)


def _difference_text(results: Sequence[Compared], figure: str, ours: str = OURS, bare: str = BARE) -> str:
    by, low, high = difference(results, figure, ours, bare)
    return f"{by:+.2f} [{low:+.2f}, {high:+.2f}]"
