"""A replay as one HTML file that needs nothing else: no script, no font, no picture, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nearline_server.replay.results import Sum
from nearline_server.replay.tables import ms, number, percent, tables
from nearline_server.report.svg import Plot, Series, Text
from nearline_server.report.svg_rows import stacked_rows
from nearline_server.report.tables import Table
from nearline_server.report.template import rendered

WIDE, NARROW = 760, 360


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot in two widths and the names of its colours."""

    id: str
    title: str
    summary: str
    wide: Markup
    narrow: Markup
    legend: tuple[Series, ...]


def render_page(
    title: str, notes: Sequence[str], sums: Sequence[Sum], ablated: Sequence[Sum], further: Sequence[Table] = ()
) -> str:
    """The page, `further` tables last. Everything in it is escaped, and its policy lets nothing run or load."""
    figures = [*_figures("ways", "", sums)]
    if len(ablated) > 1:
        figures += _figures("ablated", ", without each technique", ablated)
    return rendered(
        "nearline_server.replay",
        "replay.html",
        title=title,
        notes=list(notes),
        figures=figures,
        tables=[*tables(sums, ablated), *further],
    )


def _figures(id_: str, of: str, sums: Sequence[Sum]) -> list[Figure]:
    saved = [one.saved_share or 0.0 for one in sums]
    right = [one.per_key(one.tally.standing - one.tally.misled) or 0.0 for one in sums]
    wrong = [one.per_key(one.tally.misled) or 0.0 for one in sums]
    busy = [one.per_key(one.work.busy_s * 1000) or 0.0 for one in sums]
    wasted = [one.per_key(one.wasted_tokens) or 0.0 for one in sums]
    used = [(one.per_key(one.work.decoded_tokens) or 0.0) - waste for one, waste in zip(sums, wasted, strict=True)]
    read = [one.per_key(one.work.evaluated_tokens) or 0.0 for one in sums]
    return [
        _figure(f"{id_}-saved", f"Characters saved{of}", "Of the whole text.", sums, {"saved": saved}, percent),
        _figure(f"{id_}-standing", f"Keys with ghost text before them{of}", "When the key is pressed.", sums,
                {"right": right, "wrong": wrong}, percent),
        _figure(f"{id_}-tokens", f"Tokens for each key{of}", "What the engine does.", sums,
                {"decoded and accepted": used, "decoded and not": wasted, "read anew": read}, number),
        _figure(f"{id_}-busy", f"Engine time for each key{of}", "Reading and decoding.", sums, {"busy": busy}, ms),
    ]  # fmt: skip


def _figure(
    id_: str, title: str, summary: str, sums: Sequence[Sum], values: dict[str, list[float]], text: Text
) -> Figure:
    series = tuple(Series(name, shown, colour) for colour, (name, shown) in enumerate(values.items()))
    plot = Plot(id_, title, summary, [one.strategy for one in sums], series, text)
    return Figure(id_, title, summary, stacked_rows(plot, WIDE), stacked_rows(plot, NARROW), series)
