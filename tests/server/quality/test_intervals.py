"""Intervals and tests against what is known of them."""

from __future__ import annotations

import random

import pytest

from nearline_server.quality.intervals import chance_of, paired_interval


def interval(differences: list[tuple[str, float]]) -> tuple[float, float]:
    """With a seed."""
    return paired_interval(differences, random.Random(1))


def test_the_interval_is_that_of_the_normal_approximation_for_many_sources() -> None:
    """400 holes, half gained: 0.5 plus and minus 1.96 times 0.025."""
    low, high = interval([(str(number), number % 2) for number in range(400)])

    assert low == pytest.approx(0.451, abs=0.006)
    assert high == pytest.approx(0.549, abs=0.006)


def test_holes_of_one_source_do_not_count_as_independent() -> None:
    """The same differences from a tenth of the sources: the interval is three times as wide."""
    alone = [(str(number), float(number % 2)) for number in range(400)]
    together = [(str(number // 10), float(number // 10 % 2)) for number in range(400)]

    width = interval(alone)[1] - interval(alone)[0]

    assert interval(together)[1] - interval(together)[0] > 2.5 * width


def test_the_same_seed_gives_the_same_interval() -> None:
    """Nothing else is random."""
    differences = [(str(number), float(number % 3 - 1)) for number in range(30)]

    assert interval(differences) == interval(differences)


def test_no_differences_have_no_interval() -> None:
    """Rather an error than an invented number."""
    with pytest.raises(ValueError, match="no differences"):
        interval([])


@pytest.mark.parametrize(
    ("lost", "gained", "chance"), [(0, 0, 1), (1, 0, 0.5), (5, 0, 1 / 32), (6, 1, 8 / 128), (1, 6, 127 / 128)]
)
def test_losses_are_weighed_as_mcnemar_does(lost: int, gained: int, chance: float) -> None:
    """The upper tail of a fair coin."""
    assert chance_of(lost, gained) == chance
