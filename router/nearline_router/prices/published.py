"""The providers' own prices, from the lists that come with genai-prices; nothing is fetched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from genai_prices import __version__
from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from nearline_router.config.endpoint import CLOUD_PROVIDERS
from nearline_router.prices.price import TOKENS_PER_MTOK, UNKNOWN, Price
from nearline_router.registry.profile import Profile

Listed = Decimal | TieredPrices | None


class Published:
    """What the lists say at the moment: some prices change with the date, some with the hour. `clock` is Unix time.

    Importing this module reads all lists, which takes some 80 ms: do it in a thread.
    """

    version = __version__

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lists = DataSnapshot(providers=providers, from_auto_update=False)
        self._found: dict[tuple[str, str | None, str], ModelInfo | None] = {}
        self._prices: dict[int, Price] = {}

    def price(self, profile: Profile) -> Price:
        """The price of an endpoint's model; unknown where no list has it, and for every local endpoint."""
        if profile.local or profile.model is None:
            return UNKNOWN
        key = profile.provider, profile.host, profile.model
        if key not in self._found:
            self._found[key] = self._model(*key)
        model = self._found[key]
        if model is None:
            return UNKNOWN
        listed = model.get_prices(datetime.fromtimestamp(self._clock(), UTC))
        # The lists stay as they are, so the same object is the same price.
        if id(listed) not in self._prices:
            self._prices[id(listed)] = _price(listed)
        return self._prices[id(listed)]

    def _model(self, provider: str, host: str | None, model: str) -> ModelInfo | None:
        """By where the endpoint is, and by its provider's name if that is nowhere known."""
        names: list[tuple[str | None, str | None]] = [(None, host)] if host else []
        names += [(provider, None)] if provider in CLOUD_PROVIDERS else []
        for id_, url in names:
            try:
                return self._lists.find_provider_model(model, None, id_, url)[1]
            except LookupError:
                continue
        return None


def _price(listed: ModelPrice) -> Price:
    """A listed price with its steps, which are by the length of the whole prompt."""
    parts = listed.input_mtok, listed.output_mtok, listed.cache_read_mtok, listed.cache_write_mtok
    steps = tuple((above, _above(parts, above)) for above in sorted(_starts(parts), reverse=True))
    return replace(_above(parts), steps=steps)


def _above(parts: tuple[Listed, Listed, Listed, Listed], above: int = -1) -> Price:
    into, out, cached, written = (_usd(part, above) for part in parts)
    return Price(into, out, cached, cache_write_usd=written)


def _starts(parts: Iterable[Listed]) -> set[int]:
    return {tier.start for part in parts if isinstance(part, TieredPrices) for tier in part.tiers}


def _usd(part: Listed, above: int) -> float | None:
    """US dollars a token for a prompt that is longer than `above`."""
    if isinstance(part, TieredPrices):
        tiers = [tier.price for tier in part.tiers if tier.start <= above]
        part = tiers[-1] if tiers else part.base
    return None if part is None else float(part) / TOKENS_PER_MTOK
