"""Figures as people read them."""

from __future__ import annotations

import pytest

from nearline_server.report.numbers import many, share, short, time, usd


@pytest.mark.parametrize(("nano", "text"), [
    (0, "$0.00"), (12_345_000_000, "$12.35"), (1_234_567_000_000, "$1,234.57"), (4_200_000, "$0.0042"),
    (10_000_000, "$0.01"), (9_990_000, "$0.0100"), (31, "$0.000000031"), (1, "$0.0000000010"),
    (-5_000_000_000, "-$5.00"), (None, "unknown"),
])  # fmt: skip
def test_money_is_to_the_cent_and_less_to_two_digits(nano: int | None, text: str) -> None:
    """What is unknown is not zero."""
    assert usd(nano) == text


def test_what_is_at_least_so_much_says_so() -> None:
    """With its sign."""
    assert usd(10**9, at_least=True) == "≥ $1.00"


def test_a_share_of_nothing_is_none() -> None:
    """And not a division by zero."""
    assert (share(1, 3), share(0, 0)) == ("33.3 %", "–")


@pytest.mark.parametrize(("number", "text"), [
    (0, "0"), (999, "999"), (1_000, "1.0 k"), (12_345, "12 k"), (4_200_000, "4.2 M"), (7.5e9, "7.5 G")
])  # fmt: skip
def test_large_numbers_are_short(number: float, text: str) -> None:
    """Two digits say enough."""
    assert short(number) == text


@pytest.mark.parametrize(("us", "text"), [(70_400, "70 ms"), (2_345_000, "2,345 ms"), (12_340_000, "12.3 s")])
def test_time_is_in_milliseconds_and_then_seconds(us: int, text: str) -> None:
    """From ten seconds on."""
    assert time(us) == text


def test_one_thing_is_no_plural() -> None:
    """And a thousand have a comma."""
    assert (many(1, "day"), many(1_000, "day")) == ("1 day", "1,000 days")
