"""Plots as SVG: each with a title, a description, and no text that only a colour tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 216, 80, 8, 12, 26
# Room for a label below the axis.
LABEL_WIDTH = 46
COLOURS = 7

Text = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """Values by label under one name; None: no value there. `colour` is the number of a class `c…` of the page."""

    name: str
    values: Sequence[float | None]
    colour: int


@dataclass(frozen=True, slots=True)
class Plot:
    """What all plots have. `id` is unique on the page, `text` writes a value, `most` ends the axis, if given."""

    id: str
    title: str
    description: str
    labels: Sequence[str]
    series: Sequence[Series]
    text: Text
    most: float | None = None


def stacked_bars(plot: Plot, width: int) -> Markup:
    """A bar for each label, the first series at the bottom."""
    axis = _Axis(plot, width, max((_sum(plot, number) for number in range(len(plot.labels))), default=0))
    return _drawn(plot, axis, _bars(plot, axis))


def lines(plot: Plot, width: int) -> Markup:
    """A line for each series, with a gap where there is no value."""
    axis = _Axis(plot, width, max((value or 0 for one in plot.series for value in one.values), default=0))
    return _drawn(plot, axis, (part for one in plot.series for part in _line(plot, one, axis)))


class _Axis:
    """Where things are."""

    def __init__(self, plot: Plot, width: int, most: float) -> None:
        self.width = width
        self.step = _step(plot.most or most)
        self.most = plot.most or self.step * max(1, math.ceil(most / self.step - 1e-9))
        self.slot = (width - LEFT - RIGHT) / max(1, len(plot.labels))

    def x(self, number: int) -> float:
        """The middle of a label's slot."""
        return LEFT + (number + 0.5) * self.slot

    def y(self, value: float) -> float:
        """Of a value."""
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.most

    def ticks(self) -> Iterator[float]:
        """From zero to the end."""
        return (number * self.step for number in range(round(self.most / self.step) + 1))


def _drawn(plot: Plot, axis: _Axis, content: Iterator[Markup]) -> Markup:
    frame = Markup(
        '<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-t {id}-d">'
        '<title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>{content}</svg>'
    )
    parts = [*_grid(plot, axis), *content, *_labels(plot, axis)]
    return frame.format(
        width=axis.width,
        height=HEIGHT,
        id=f"{plot.id}-{axis.width}",
        title=plot.title,
        description=plot.description,
        content=Markup("").join(parts),
    )


def _grid(plot: Plot, axis: _Axis) -> Iterator[Markup]:
    for value in axis.ticks():
        y = axis.y(value)
        yield Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
            LEFT, axis.width - RIGHT, y, y
        )
        yield Markup('<text x="{}" y="{:.1f}" class="tick">{}</text>').format(LEFT - 8, y + 4, plot.text(value))


def _labels(plot: Plot, axis: _Axis) -> Iterator[Markup]:
    every = max(1, math.ceil(LABEL_WIDTH / axis.slot))
    for number in range(0, len(plot.labels), every):
        yield Markup('<text x="{:.1f}" y="{}" class="label">{}</text>').format(
            axis.x(number), HEIGHT - 6, plot.labels[number]
        )


def _bars(plot: Plot, axis: _Axis) -> Iterator[Markup]:
    wide = min(40.0, axis.slot * 0.72)
    for number, label in enumerate(plot.labels):
        below = 0.0
        for one in plot.series:
            value = one.values[number] or 0.0
            if not value:
                continue
            top, bottom = axis.y(below + value), axis.y(below)
            yield Markup(
                '<rect class="c{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
            ).format(
                one.colour, axis.x(number) - wide / 2, top, wide, max(0.5, bottom - top), _told(plot, label, one, value)
            )
            below += value


def _line(plot: Plot, one: Series, axis: _Axis) -> Iterator[Markup]:
    points = [(number, value) for number, value in enumerate(one.values) if value is not None]
    path = ""
    for (number, value), before in zip(points, [None, *(number for number, _ in points)], strict=False):
        path += f"{'L' if before == number - 1 else 'M'}{axis.x(number):.1f} {axis.y(value):.1f}"
    yield Markup('<path class="line c{}" d="{}"/>').format(one.colour, path)
    for number, value in points:
        yield Markup('<circle class="c{}" cx="{:.1f}" cy="{:.1f}" r="2.5"><title>{}</title></circle>').format(
            one.colour, axis.x(number), axis.y(value), _told(plot, plot.labels[number], one, value)
        )


def _told(plot: Plot, label: str, one: Series, value: float) -> str:
    return f"{label}, {one.name}: {plot.text(value)}"


def _sum(plot: Plot, number: int) -> float:
    return sum(one.values[number] or 0.0 for one in plot.series)


def _step(most: float) -> float:
    """About four steps to the end, each a round number."""
    if most <= 0:
        return 1.0
    rough = most / 4
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
