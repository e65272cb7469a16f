"""What each step of heat leaves out."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nearline_router.thermal.eagerness import Eagerness, eagerness_at
from nearline_router.thermal.heat import HeatLevel


@pytest.mark.parametrize(
    ("level", "multiline", "speculation", "overflow"),
    [
        (HeatLevel.COOL, True, True, False),
        (HeatLevel.WARM, False, True, False),
        (HeatLevel.HOT, False, False, False),
        (HeatLevel.VERY_HOT, False, False, False),
        (HeatLevel.OVERHEATED, False, False, True),
    ],
)
def test_each_step_leaves_out_what_is_missed_least(
    level: HeatLevel, multiline: bool, speculation: bool, overflow: bool
) -> None:
    """Several lines, then speculation, and at last the endpoint itself."""
    eagerness = eagerness_at(level)

    assert (eagerness.multiline, eagerness.speculation, eagerness.overflow) == (multiline, speculation, overflow)


def test_no_step_is_more_eager_than_the_one_before() -> None:
    """And from very hot on warm-ups wait longer."""

    def order(eagerness: Eagerness) -> tuple[bool, bool, float, bool]:
        return not eagerness.multiline, not eagerness.speculation, eagerness.idle_factor, eagerness.overflow

    steps = [order(eagerness_at(level)) for level in HeatLevel]

    assert all(cooler < hotter for cooler, hotter in pairwise(steps))
    assert [eagerness_at(level).idle_factor > 1 for level in HeatLevel] == [False, False, False, True, True]
