"""What one attempt cost: by tokens, by seconds, by measured energy, or unknown."""

from __future__ import annotations

import pytest

from nearline_router.prices.cost import Counts, cost_of
from nearline_router.prices.price import Price, per_mtok
from nearline_router.prices.priced import Priced
from tests.router.prices.test_machine import ROUND

BY_TOKENS = Priced(per_mtok(0.2), per_mtok(33))
BY_SECONDS = Priced(marginal_by=ROUND, full_by=ROUND)


def test_two_prices_make_two_costs() -> None:
    """1,000 tokens at $0.20 and at $33 a million."""
    assert cost_of(BY_TOKENS, Counts(900, 0, 100)) == (200_000, 33_000_000)


def test_a_machine_costs_by_the_second_whatever_its_tokens() -> None:
    """Ten seconds, as test_machine reckons them."""
    assert cost_of(BY_SECONDS, Counts(busy_us=10_000_000)) == (100_000, 2_320_000)


def test_measured_energy_goes_before_the_modelled() -> None:
    """Half of it halves the marginal cost, and takes as much off the full one."""
    counts = Counts(busy_us=10_000_000, energy_uj=500_000_000)

    assert cost_of(BY_SECONDS, counts) == (50_000, 2_270_000)


@pytest.mark.parametrize(
    ("priced", "counts"),
    [
        (Priced(), Counts(900, 0, 100, 10)),
        (BY_TOKENS, Counts(None, None, 100)),
        (BY_TOKENS, Counts(900, None, None)),
        (BY_SECONDS, Counts(900, 0, 100)),
    ],
    ids=["no price", "no prompt", "no answer", "no time"],
)
def test_what_nobody_knows_costs_nobody_knows_what(priced: Priced, counts: Counts) -> None:
    """None, not zero."""
    assert cost_of(priced, counts) == (None, None)


def test_each_cost_is_unknown_for_itself() -> None:
    """A marginal price alone gives a marginal cost."""
    assert cost_of(Priced(marginal=per_mtok(0.2)), Counts(1000, 0, 0)) == (200_000, None)


def test_more_cached_tokens_than_there_are_make_no_negative_cost() -> None:
    """Some servers count what is cached beside the prompt."""
    priced = Priced(Price(1e-6, 1e-6, 0.1e-6), Price(1e-6, 1e-6, 0.1e-6))

    assert cost_of(priced, Counts(100, 5000, 0)) == (10_000, 10_000)
