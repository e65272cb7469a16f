"""What an attempt cost: the one place where counts become money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nearline_router.ledger.sources import EnergySource
from nearline_router.registry.profile import Price, Profile
from nearline_router.types import Usage


@dataclass(frozen=True, slots=True)
class Cost:
    """Nano-dollars, None where the price is unknown; where that price came from; energy in microjoules."""

    marginal_nano: int | None
    full_nano: int | None
    price_version: str = ""
    energy_uj: int | None = None
    energy_source: EnergySource = "none"


# Of the counts of an attempt, in which what the endpoint did not report is estimated: the times as well.
Pricing = Callable[[Profile, Usage], Cost]


def configured_cost(profile: Profile, usage: Usage) -> Cost:
    """By the prices of the configuration."""
    marginal, full = _nano(profile.marginal, usage), _nano(profile.full, usage)
    return Cost(marginal, full, "" if marginal is None and full is None else "config")


def _nano(price: Price, usage: Usage) -> int | None:
    cached = usage.cached_tokens or 0
    usd = price.cost_usd((usage.evaluated_tokens or 0) + cached, usage.output_tokens or 0)
    if usd is not None and price.input_usd is not None and price.cached_input_usd is not None:
        usd -= cached * (price.input_usd - price.cached_input_usd)
    return None if usd is None else round(usd * 1e9)
