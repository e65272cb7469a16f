"""What pieces of other files may cost, by how fast the machine reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.planner import Speed
from nearline_router.types import Usage
from nearline_server.completion.context.price import LEAST_CHARS, MOST_CHARS, READ_MS, affordable_chars
from nearline_server.completion.window import CHARS_PER_TOKEN

# A wide window in the middle of a long file.
WIDE = 2_680


def reading(tokens_per_s: float) -> Speed:
    """A machine that was measured once."""
    speed = Speed()
    speed.observe(Usage(evaluated_tokens=1_000, prefill_ms=1_000_000 / tokens_per_s))
    return speed


@pytest.mark.parametrize(
    ("tokens_per_s", "window_chars", "chars"),
    [
        (118, WIDE, 0),
        (118, 600, 462),
        (118, 900, 0),
        (400, WIDE, 920),
        (1_150, WIDE, MOST_CHARS),
        (1_150, 9_000, 1_350),
    ],
    ids=["2 slow cores", "and a short file", "little room", "a laptop", "M1 Pro", "M1 Pro, a long middle"],
)
def test_a_slow_machine_takes_none_or_little_and_a_fast_one_all(
    tokens_per_s: float, window_chars: int, chars: int
) -> None:
    """The window with all that goes with it is read in three seconds."""
    assert affordable_chars(reading(tokens_per_s), window_chars) == pytest.approx(chars, abs=CHARS_PER_TOKEN)


def test_a_machine_that_was_not_measured_yet_takes_none() -> None:
    """The first prompt tells."""
    assert affordable_chars(Speed(), 0) == 0


@given(st.floats(1, 1e5), st.integers(0, 20_000))
def test_it_is_read_in_time_or_not_taken(tokens_per_s: float, window_chars: int) -> None:
    """Whatever the machine and the window."""
    chars = affordable_chars(reading(tokens_per_s), window_chars)
    read_ms = (window_chars + chars) / CHARS_PER_TOKEN / tokens_per_s * 1000

    assert chars == 0 or (LEAST_CHARS <= chars <= MOST_CHARS and read_ms <= READ_MS * 1.001)
