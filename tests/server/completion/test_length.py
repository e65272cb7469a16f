"""How long an answer may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.completion.length import FEWEST_BLOCK_TOKENS, UNASKED_BLOCK_MS, most_output_tokens
from nearline_server.completion.settings import CompletionSettings

SETTINGS = CompletionSettings(max_line_tokens=32, max_block_tokens=96)


@pytest.mark.parametrize("decode_tokens_per_s", [1.0, 1000.0])
def test_a_line_may_be_as_long_as_the_settings_say(decode_tokens_per_s: float) -> None:
    """It ends by itself."""
    assert most_output_tokens(SETTINGS, False, 150.0, decode_tokens_per_s) == 32


def test_a_block_that_nobody_asked_for_keeps_the_model_for_a_second() -> None:
    """At 40 tokens/s."""
    assert most_output_tokens(SETTINGS, True, 150.0, 40.0) == 40


def test_a_block_that_was_asked_for_may_take_its_budget() -> None:
    """Two seconds at 40 tokens/s."""
    assert most_output_tokens(SETTINGS, True, 2000.0, 40.0) == 80


@given(st.floats(0.001, 1e9), st.floats(1, 60_000), st.integers(1, 2048))
def test_a_block_is_never_longer_than_the_cap_or_much_longer_than_the_wait(
    speed: float, budget_ms: float, cap: int
) -> None:
    """But for the two lines without which it would be no block."""
    tokens = most_output_tokens(CompletionSettings(max_block_tokens=cap), True, budget_ms, speed)

    assert 1 <= tokens <= cap
    assert tokens <= FEWEST_BLOCK_TOKENS or tokens / speed * 1000 <= max(budget_ms, UNASKED_BLOCK_MS) * 1.001
