"""What many measurements come to."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.planner.average import Average, MovingMedian

ANY = st.lists(st.floats(), max_size=40)


@given(ANY)
def test_whatever_is_measured_both_stay_within_their_bounds(measured: list[float]) -> None:
    """Also what is no number, infinite or negative."""
    average, median = Average(1.0), MovingMedian(1.0, 15, 7, 0.25, 4.0)
    for one in measured:
        average.observe(one)
        median.observe(one)

    assert 0 < average.value < math.inf
    assert 0.25 <= median.value <= 4.0


@given(st.floats(0.3, 3.9), st.lists(st.floats(), max_size=40))
def test_a_median_is_at_a_constant_after_eight_of_it(constant: float, before: list[float]) -> None:
    """Whatever it has seen before: as many as are most of its fifteen."""
    median = MovingMedian(1.0, 15, 7, 0.25, 4.0)
    for one in [*before, *[constant] * 8]:
        median.observe(one)

    assert median.value == constant


def test_few_measurements_do_not_move_what_is_doubted() -> None:
    """Seven of an assumption stand against as many."""
    median = MovingMedian(1.0, 15, 7, 0.25, 4.0)
    for _ in range(6):
        median.observe(4.0)

    assert median.value == 1.0


def test_the_first_measurement_replaces_what_is_not_doubted() -> None:
    """As with a moving average."""
    median = MovingMedian(0.0, 9)
    median.observe(30.0)

    assert (median.value, median.measured) == (30.0, True)


@pytest.mark.parametrize("median", [MovingMedian(0.0, 9), MovingMedian(1.0, 15, 7)], ids=["trusting", "doubting"])
def test_a_median_goes_on_from_what_it_was(median: MovingMedian) -> None:
    """One that doubts gives up a restored value no sooner than an assumption."""
    median.restore(2.5)

    assert (median.value, median.measured) == (2.5, True)
