"""Prices by the token: the reference design's own numbers, cached tokens, long prompts, and rounding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.prices.price import Price, nano, nano_per_mtok, per_mtok

# Input, output and cached input at $3, $15 and $0.30 a million tokens; twice that for prompts above 200,000 tokens.
STEPPED = Price(3e-6, 15e-6, 0.3e-6, ((200_000, Price(6e-6, 30e-6, 0.6e-6)),))

counts = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("usd_per_mtok", "expected_nano"),
    [
        # (1,234,567 + 76,543) tokens at $0.65 a million: 1,311,110 x 0.65 / 1,000,000 = $0.8522215
        (0.65, 852_221_500),
        # At $33: 1,311,110 x 33 / 1,000,000 = $43.26663
        (33.00, 43_266_630_000),
    ],
)
def test_the_reference_designs_prices_are_exact_to_the_nano_dollar(usd_per_mtok: float, expected_nano: int) -> None:
    """Its cloud and its Mac Studio."""
    assert per_mtok(usd_per_mtok).cost_nano(1_234_567, 0, 76_543) == expected_nano


def test_cached_tokens_cost_their_own_price() -> None:
    """2,000 x $3 + 8,000 x $0.30 + 500 x $15, each by the million: 6,000 + 2,400 + 7,500 micro-dollars."""
    assert STEPPED.cost_nano(10_000, 8_000, 500) == 15_900_000


def test_cached_tokens_without_a_price_of_their_own_cost_as_much_as_others() -> None:
    """Nobody said that they are cheaper."""
    assert Price(3e-6, 15e-6).cost_nano(10_000, 8_000, 0) == 30_000_000


@pytest.mark.parametrize(("write_usd", "expected_nano"), [(None, 13_500_000), (6e-6, 18_000_000)])
def test_tokens_that_are_written_to_the_cache_cost_their_own_price(write_usd: float | None, expected_nano: int) -> None:
    """1,000 x $3 + 1,000 x $0.30 + 2,000 x $3.75 and 180 x $15; a listed price goes before a quarter more than others.

    3,000 + 300 + 7,500 + 2,700 micro-dollars; at $6 the third part is 12,000.
    """
    price = Price(3e-6, 15e-6, 0.3e-6, cache_write_usd=write_usd)

    assert price.cost_nano(4000, 1000, 180, 2000) == expected_nano


@pytest.mark.parametrize(("tokens", "expected_nano"), [(200_000, 600_000_000), (200_001, 1_200_006_000)])
def test_a_long_prompt_costs_more_for_all_of_its_tokens(tokens: int, expected_nano: int) -> None:
    """One token above the step doubles the bill, as providers do it; the estimate in dollars knows it too."""
    assert STEPPED.cost_nano(tokens, 0, 0) == expected_nano
    assert STEPPED.cost_usd(tokens, 0) == pytest.approx(expected_nano / 1e9)


@pytest.mark.parametrize("price", [Price(), Price(input_usd=1e-6), Price(output_usd=1e-6)])
def test_an_unknown_price_is_no_zero(price: Price) -> None:
    """Half of a price is none."""
    assert price.cost_nano(1000, 0, 1000) is None
    assert price.cost_usd(1000, 1000) is None


def test_half_a_nano_dollar_is_rounded_up_once() -> None:
    """Three tokens at half a nano-dollar each are one and a half, not three times one."""
    assert Price(0.5e-9, 0.0).cost_nano(3, 0, 0) == 2


@given(st.integers(0, 10**12), counts, counts, counts)
def test_the_parts_add_up_to_the_whole_but_for_rounding(
    nano_mtok: int, input_tokens: int, cached: int, output: int
) -> None:
    """The sum of single requests is the cost of all of them, to half a nano-dollar each."""
    price = Price(nano_mtok / 1e15, nano_mtok / 1e15)
    cached = min(cached, input_tokens)
    whole = price.cost_nano(input_tokens, cached, output)
    parts = [price.cost_nano(input_tokens - cached, 0, 0), price.cost_nano(cached, cached, 0)]
    parts.append(price.cost_nano(0, 0, output))

    assert whole is not None
    assert abs(whole - sum(part or 0 for part in parts)) <= 2


@given(st.floats(0, 1e6, allow_nan=False))
def test_what_is_held_against_a_limit_is_never_too_low(usd: float) -> None:
    """It is rounded up."""
    held = nano(usd)

    assert held is not None
    assert held >= usd * 1e9
    assert nano_per_mtok(None) is nano(None) is None
