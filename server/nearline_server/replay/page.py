"""A replay as one HTML file that needs nothing else: no script, no font, no picture, no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from nearline_server.replay.results import Sum
from nearline_server.replay.tables import ms, number, percent, tables
from nearline_server.report.svg import Plot, Series, Text
from nearline_server.report.svg_rows import stacked_rows

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


def render_page(title: str, notes: Sequence[str], sums: Sequence[Sum], ablated: Sequence[Sum]) -> str:
    """The page. Everything in it is escaped, and its policy lets nothing run or load."""
    style = _style()
    figures = [*_figures("ways", "", sums)]
    if len(ablated) > 1:
        figures += _figures("ablated", ", without each technique", ablated)
    return (
        _environment()
        .get_template("replay.html")
        .render(
            title=title,
            notes=list(notes),
            style=style,
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            figures=figures,
            tables=tables(sums, ablated),
        )
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


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("nearline_server.replay"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """A report's; a string, and not part of the template: the policy names it by its hash."""
    return (files("nearline_server.report") / "templates" / "report.css").read_text(encoding="utf-8")
