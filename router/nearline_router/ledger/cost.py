"""What an attempt cost: the one place where counts become money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nearline_router.ledger.sources import EnergySource
from nearline_router.registry.profile import Profile
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
