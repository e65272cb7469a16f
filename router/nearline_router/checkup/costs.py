"""What a checkup says of what endpoints cost."""

from __future__ import annotations

from collections.abc import Iterator

from nearline_router.checkup.finding import Finding
from nearline_router.config.models import RouterConfig
from nearline_router.prices.current import current_prices
from nearline_router.prices.inversion import inversions

UNKNOWN = "what it costs is unknown, so caps and budgets keep requests from it"


def cost_findings(config: RouterConfig) -> Iterator[Finding]:
    """Prices that nobody knows, and where the kind of cost decides. Reads files, so call it in a thread."""
    priced = current_prices(config)
    for profile, price in priced:
        if not (profile.local or price.marginal.known):
            yield Finding("doubtful", profile.id, UNKNOWN, "set input_cost_per_mtok and output_cost_per_mtok")
    for sentence in inversions(priced):
        yield Finding("doubtful", "cost", sentence)
