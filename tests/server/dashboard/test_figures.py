"""Figures for people."""

from __future__ import annotations

import pytest

from nearline_server.dashboard import figures
from nearline_server.dashboard.drawings import bars, line
from nearline_server.dashboard.today import AttemptRow

ATTEMPT = AttemptRow(0, "Neovim", "complete", "near", 1, "cost", "answered", "", 100, 200, 300, 900, None)


@pytest.mark.parametrize(
    ("nano", "text"),
    [(None, "unknown"), (0, "$0.00"), (2_000, "$0.000002"), (64_500_000, "$0.0645"), (1_234_567_890_000, "$1,234.57")],
)
def test_dollars_show_that_they_are_not_nothing(nano: int | None, text: str) -> None:
    """However few they are; what nobody knows is no zero."""
    assert figures.usd(nano) == text


@pytest.mark.parametrize(("ms", "text"), [(None, "–"), (0.4, "0 ms"), (999.6, "1,000 ms"), (12_345, "12.3 s")])
def test_times_are_in_the_unit_that_fits(ms: float | None, text: str) -> None:
    """Milliseconds until ten seconds."""
    assert figures.ms(ms) == text


@pytest.mark.parametrize(("ms", "text"), [(0.04, "0.04 ms"), (3.14, "3.1 ms"), (62.5, "62 ms"), (12_345, "12.3 s")])
def test_parts_of_a_millisecond_are_told_where_they_count(ms: float, text: str) -> None:
    """As for the server's own stages."""
    assert figures.fine_ms(ms) == text


@pytest.mark.parametrize(("part", "value"), [(0.0, 1), (0.5, 3), (0.95, 4), (1.0, 4)])
def test_a_percentile_is_a_value_that_was_measured(part: float, value: int) -> None:
    """The nearest rank; none of nothing."""
    assert figures.percentile([4, 1, 3, 2], part) == value
    assert figures.percentile([], part) is None


def test_a_bar_has_its_stages_in_order_and_in_proportion() -> None:
    """Queue 100, on the way 100, reading 200, writing 600 of 1000."""
    (bar,) = bars([ATTEMPT])

    assert [(stage.name, stage.x, stage.width) for stage in bar.stages] == [
        ("queued", 0.0, 100.0), ("away", 100.0, 100.0), ("reading", 200.0, 200.0), ("writing", 400.0, 600.0)
    ]  # fmt: skip
    assert bar.words == "queued 0 ms, reading 0 ms, first content after 0 ms, end after 1 ms"


def test_an_attempt_under_way_has_no_stages_and_says_so() -> None:
    """Its row is written before its first byte leaves."""
    (bar,) = bars([AttemptRow(0, "", "fix", "near", 1, "cost", "open", "", 0, None, None, None, None)])

    assert (bar.stages, bar.words) == ((), "under way")


def test_a_line_goes_from_left_to_right_with_zero_at_the_bottom() -> None:
    """The largest value is at the top."""
    assert line([0.0, 5.0, 10.0]) == "0.0,100.0 500.0,50.0 1000.0,0.0"
    assert line([]) == ""
