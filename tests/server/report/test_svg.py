"""Plots: what is drawn is what the values say, and everybody can read them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.report.svg import Plot, Series, lines, stacked_bars
from nearline_server.report.svg_rows import stacked_rows

SVG = "{http://www.w3.org/2000/svg}"
# Nothing is less than a nano-dollar but nothing.
values = st.lists(st.one_of(st.none(), st.just(0.0), st.floats(1e-9, 1e12)), min_size=3, max_size=3)


def plot(*series: list[float | None], labels: tuple[str, ...] = ("a", "b", "c"), title: str = "Cost") -> Plot:
    named = [Series(f"s{number}", one, number) for number, one in enumerate(series)]
    return Plot("plot", title, "What it shows", labels, named, "{:g}".format)


def parsed(drawn: str) -> ElementTree.Element:
    """Well-formed, or it is no picture."""
    return ElementTree.fromstring(str(drawn).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314


@pytest.mark.parametrize("draw", [stacked_bars, lines, stacked_rows])
def test_a_plot_has_a_title_and_a_description(draw: object) -> None:
    """Which name it to a screen reader, under ids of their own."""
    svg = parsed(draw(plot([1, 2, 3]), 300))  # type: ignore[operator]
    title, description = svg[0], svg[1]

    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert (title.text, description.text) == ("Cost", "What it shows")


@pytest.mark.parametrize("draw", [stacked_bars, lines, stacked_rows])
def test_names_are_no_markup(draw: object) -> None:
    """Endpoints are named by people."""
    svg = draw(plot([1, 2, 3], labels=("<script>", "b", "c"), title="<b>"), 300)  # type: ignore[operator]

    assert "<script>" not in svg
    assert "<b>" not in svg
    parsed(svg)


@given(values, values)
def test_bars_stand_on_each_other_and_inside_the_picture(one: list[float | None], other: list[float | None]) -> None:
    """As high as their values."""
    drawn = parsed(stacked_bars(plot(one, other), 400))
    bars = drawn.findall(f"{SVG}rect")

    assert len(bars) == sum(bool(value) for value in [*one, *other])
    for bar in bars:
        top, height = float(bar.get("y", "")), float(bar.get("height", ""))
        assert 0 <= top <= top + height <= 217


def test_twice_the_value_is_twice_the_height() -> None:
    """From zero on."""
    low, high = (
        float(bar.get("height", "")) for bar in parsed(stacked_bars(plot([1, 2, None]), 400)).iter(f"{SVG}rect")
    )

    assert high == pytest.approx(2 * low, abs=0.1)


def test_a_line_has_a_gap_where_there_is_no_value() -> None:
    """A day without work is not a day of zeros."""
    path = parsed(lines(plot([1, None, 3]), 400)).find(f"{SVG}path")

    assert path is not None
    assert re.sub(r"[\d. ]+", "", path.get("d", "")) == "MM"


def test_each_value_can_be_read() -> None:
    """By hovering over it, and by its neighbours on the axis."""
    drawn = parsed(stacked_bars(plot([1, 2, 3]), 400))

    assert [bar.findtext(f"{SVG}title") for bar in drawn.iter(f"{SVG}rect")] == ["a, s0: 1", "b, s0: 2", "c, s0: 3"]
    assert [text.text for text in drawn.iter(f"{SVG}text") if text.get("class") == "tick"] == ["0", "1", "2", "3"]


def test_a_row_without_a_value_is_unknown() -> None:
    """And not zero."""
    drawn = parsed(stacked_rows(plot([1, None, 0]), 400))

    assert [text.text for text in drawn.iter(f"{SVG}text") if text.get("class") == "sum"] == ["1", "unknown", "0"]


@pytest.mark.parametrize("most", [0, 1e-9, 0.3, 7, 99, 1e9])
def test_the_axis_has_a_few_round_steps(most: float) -> None:
    """Whatever the values."""
    drawn = parsed(stacked_bars(plot([most, 0, 0]), 400))
    ticks = [float(text.text or "") for text in drawn.iter(f"{SVG}text") if text.get("class") == "tick"]

    assert 2 <= len(ticks) <= 6
    assert ticks[-1] >= most * 0.999
