"""What one attempt cost, in two numbers."""

from __future__ import annotations

from dataclasses import dataclass

from nearline_router.prices.machine import Machine
from nearline_router.prices.price import Price
from nearline_router.prices.priced import Priced


@dataclass(frozen=True, slots=True)
class Counts:
    """What an attempt used; None where nobody knows.

    `input_tokens` are all of the prompt, cached ones and those written to the cache included. `busy_us` is the time in
    which the endpoint worked on it (prefill and decode, else from leaving the queue to the end), `energy_uj` what that
    took above idling if it was measured, in microjoules.
    """

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    busy_us: int | None = None
    energy_uj: int | None = None
    written_tokens: int | None = None


def cost_of(priced: Priced, counts: Counts) -> tuple[int | None, int | None]:
    """The marginal and the full cost in nano-dollars; None where the price is unknown or what it is reckoned by."""
    return (
        _nano(priced.marginal, priced.marginal_by, counts, full=False),
        _nano(priced.full, priced.full_by, counts, full=True),
    )


def _nano(price: Price, machine: Machine | None, counts: Counts, full: bool) -> int | None:
    if machine is None:
        if counts.input_tokens is None or counts.output_tokens is None:
            return None
        # Some servers count what is cached beside the prompt, some count more of it than there is.
        cached = min(counts.cached_tokens or 0, counts.input_tokens)
        written = min(counts.written_tokens or 0, counts.input_tokens - cached)
        return price.cost_nano(counts.input_tokens, cached, counts.output_tokens, written)
    if counts.busy_us is None:
        return None
    energy_uj = counts.energy_uj
    if energy_uj is None:
        energy_uj, _ = machine.energy_uj(counts.busy_us)
    return machine.full_nano(energy_uj, counts.busy_us) if full else machine.marginal_nano(energy_uj)
