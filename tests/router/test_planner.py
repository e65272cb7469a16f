"""What an endpoint's own timings teach about its speed."""

from __future__ import annotations

import pytest

from nearline_router.planner import ASSUMED_PREFILL_TOKENS_PER_S, WORTH_LEARNING_TOKENS, Speed
from nearline_router.types import Usage


def prefill(tokens: int | None, ms: float | None) -> Usage:
    """An attempt that read so many tokens anew in so much time."""
    return Usage(evaluated_tokens=tokens, prefill_ms=ms)


def test_before_any_measurement_a_slow_laptop_is_assumed() -> None:
    """Half a second affords what the assumed speed reads in it."""
    assert int(ASSUMED_PREFILL_TOKENS_PER_S / 2) == Speed().affordable_tokens(500)


def test_the_first_measurement_replaces_the_assumption() -> None:
    """One attempt of 1000 tokens in 2 s is believed at once."""
    speed = Speed()

    speed.observe(prefill(1000, 2000))

    assert speed.prefill_tokens_per_s == 500


def test_later_measurements_move_the_average() -> None:
    """A single slow attempt does not decide by itself."""
    speed = Speed()

    speed.observe(prefill(1000, 1000))
    speed.observe(prefill(1000, 2000))

    assert pytest.approx(850) == speed.prefill_tokens_per_s


@pytest.mark.parametrize(
    "usage",
    [
        prefill(None, None),
        prefill(1000, None),
        prefill(None, 1000),
        prefill(0, 10),
        prefill(1000, 0),
        prefill(WORTH_LEARNING_TOKENS - 1, 1),
    ],
    ids=["nothing", "no time", "no tokens", "all cached", "zero time", "too short"],
)
def test_what_measures_overhead_teaches_nothing(usage: Usage) -> None:
    """An attempt without timings, or one too short to time, leaves the speed as it was."""
    speed = Speed()

    speed.observe(usage)

    assert speed.prefill_tokens_per_s == ASSUMED_PREFILL_TOKENS_PER_S


def test_no_time_affords_nothing() -> None:
    """A budget of zero is zero tokens."""
    assert Speed().affordable_tokens(0) == 0
