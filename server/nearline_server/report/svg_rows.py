"""Bars side by side under each other: a few things compared by what they are made of."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from nearline_server.report.svg import Plot

ROW, BAR, TOP, RIGHT = 46, 22, 18, 96


def stacked_rows(plot: Plot, width: int) -> Markup:
    """A bar for each label, which stands above it, with its sum behind it."""
    sums = [sum(one.values[number] or 0.0 for one in plot.series) for number in range(len(plot.labels))]
    scale = (width - RIGHT) / (max(sums, default=0) or 1.0)
    frame = Markup(
        '<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{id}-t {id}-d">'
        '<title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>{content}</svg>'
    )
    parts = [part for number, whole in enumerate(sums) for part in _row(plot, number, whole, scale)]
    return frame.format(
        width=width,
        height=ROW * len(plot.labels) + 4,
        id=f"{plot.id}-{width}",
        title=plot.title,
        description=plot.description,
        content=Markup("").join(parts),
    )


def _row(plot: Plot, number: int, whole: float, scale: float) -> Iterator[Markup]:
    top, x = number * ROW + TOP, 0.0
    yield Markup('<text x="0" y="{}" class="name">{}</text>').format(top - 5, plot.labels[number])
    for one in plot.series:
        value = one.values[number] or 0.0
        if value:
            told = f"{plot.labels[number]}, {one.name}: {plot.text(value)}"
            yield Markup(
                '<rect class="c{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"><title>{}</title></rect>'
            ).format(one.colour, x, top, value * scale, BAR, told)
            x += value * scale
    told = "unknown" if plot.series[0].values[number] is None else plot.text(whole)
    yield Markup('<text x="{:.1f}" y="{}" class="sum">{}</text>').format(x + 8, top + 16, told)
