"""Counts become nano-dollars, by the prices of the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from nearline_router.ledger.cost import Cost, configured_cost
from nearline_router.types import Usage
from tests.router.policy.worlds import endpoint

USAGE = Usage(evaluated_tokens=1_000, cached_tokens=9_000, output_tokens=500)

TABLE: list[tuple[dict[str, Any], int | None, int | None]] = [
    # 10,000 tokens at $3 and 500 at $15 a million: $0.0300 + $0.0075.
    ({"input_cost_per_mtok": 3, "output_cost_per_mtok": 15}, 37_500_000, 37_500_000),
    # 1,000 at $3, 9,000 at $0.30, 500 at $15: $0.0030 + $0.0027 + $0.0075.
    (
        {"input_cost_per_mtok": 3, "output_cost_per_mtok": 15, "cached_input_cost_per_mtok": 0.3},
        13_200_000,
        13_200_000,
    ),
    # 10,500 tokens at $2 in full and $0.10 at the margin.
    ({"cost_per_mtok": 2, "marginal_cost_per_mtok": 0.1}, 1_050_000, 21_000_000),
    ({}, None, None),
]


@pytest.mark.parametrize(("prices", "marginal_nano", "full_nano"), TABLE)
def test_a_cost_is_that_of_fresh_cached_and_output_tokens(
    prices: dict[str, Any], marginal_nano: int | None, full_nano: int | None
) -> None:
    """To the nano-dollar; without a price it is unknown, and not nothing."""
    profile, _ = endpoint("far", provider="openai-compatible", host="https://far.example", **prices)
    version = "" if marginal_nano is None else "config"

    assert configured_cost(profile, USAGE) == Cost(marginal_nano, full_nano, version)


def test_no_work_costs_nothing_where_there_is_a_price() -> None:
    """As a request that was refused."""
    profile, _ = endpoint("far", provider="openai-compatible", host="https://far.example", cost_per_mtok=1)

    assert configured_cost(profile, Usage()).marginal_nano == 0
