"""A signal that does not flap, and does not outlive its measurements."""

from __future__ import annotations

import pytest

from nearline_router.thermal.hysteresis import Signal


@pytest.mark.parametrize(
    ("values", "on"),
    [([84.9], False), ([85], True), ([85, 78.1], True), ([85, 78], False), ([85, 78, 84], False), ([85, 78, 85], True)],
)
def test_it_comes_on_at_one_value_and_goes_off_at_a_lower_one(values: list[float], on: bool) -> None:
    """Between the two it stays what it was."""
    signal = Signal(85, 78, keeps_s=15)

    for second, value in enumerate(values):
        signal.observe(value, second)

    assert signal.is_on(len(values)) is on


def test_without_measurements_it_goes_off() -> None:
    """A sensor that fell silent while it was hot does not keep the endpoint hot."""
    signal = Signal(85, 78, keeps_s=15)

    signal.observe(90, 100)

    assert (signal.is_on(114), signal.is_on(115)) == (True, False)


def test_what_lapsed_does_not_come_back_in_between() -> None:
    """After the silence a value between the two is not hot any more."""
    signal = Signal(85, 78, keeps_s=15)

    signal.observe(90, 100)
    signal.observe(80, 200)

    assert not signal.is_on(200)


def test_it_knows_since_when_it_is_on() -> None:
    """Later measurements do not move it; going off and on again does."""
    signal = Signal(85, 78, keeps_s=15)

    for second, value in [(1, 90), (5, 80), (9, 91)]:
        signal.observe(value, second)

    assert signal.since_s == 1

    for second, value in [(12, 70), (14, 90)]:
        signal.observe(value, second)

    assert signal.since_s == 14
