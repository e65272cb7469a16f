"""The price of an endpoint: what the configuration says, else what its provider publishes or its machine costs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nearline_router.planner.speed import Speed
from nearline_router.prices.machine import Machine
from nearline_router.prices.price import UNKNOWN, Price, nano_per_mtok
from nearline_router.registry.profile import Profile

if TYPE_CHECKING:  # it reads long lists
    from nearline_router.prices.published import Published


@dataclass(frozen=True, slots=True)
class Priced:
    """What an endpoint costs: `marginal` is chosen by, `full` is with hardware and all; unknown where nobody knows.

    Where a cost is a machine's, it is reckoned by the second (`marginal_by`, `full_by`), and the price of a token is
    what follows from the speed that was measured. `version` names where the numbers come from and which they are, ""
    if there are none; `detail` has the assumptions behind them, as plain values.
    """

    marginal: Price = UNKNOWN
    full: Price = UNKNOWN
    version: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    marginal_by: Machine | None = None
    full_by: Machine | None = None

    def columns(self) -> dict[str, Any]:
        """The columns of the table `prices` but for endpoint, model and time: the full price, nano-dollars a Mtok."""
        price = UNKNOWN if self.full_by else self.full
        return {
            "version": self.version,
            "input_nano_per_mtok": nano_per_mtok(price.input_usd),
            "output_nano_per_mtok": nano_per_mtok(price.output_usd),
            "cached_nano_per_mtok": nano_per_mtok(price.cached_input_usd),
            "cache_write_nano_per_mtok": nano_per_mtok(price.cache_write_usd),
            "detail": json.dumps(self.detail, sort_keys=True),
        }


# Nobody said or knows a price.
UNPRICED = Priced()


def price_of(profile: Profile, speed: Speed | None = None, published: Published | None = None) -> Priced:
    """The price of an endpoint now. Without `speed` a machine has no price of a token, without `published` nobody else.

    No I/O, a few microseconds.
    """
    if profile.machine and not (profile.machine.assumed and _said(profile)):
        return _by_machine(profile.marginal, profile.full, profile.machine, speed)
    if _said(profile):
        return _configured(profile.marginal, profile.full)
    listed = published.price(profile) if published else UNKNOWN
    return _listed(listed, published.version) if published and listed.known else UNPRICED


# The same few prices are asked for with every attempt, and a digest takes longer than all the rest.
@lru_cache(1024)
def _configured(marginal: Price, full: Price) -> Priced:
    detail = _marginal_detail(marginal, full)
    return Priced(marginal, full, f"config:{_digest(full, detail)}", detail)


@lru_cache(1024)
def _listed(price: Price, version: str) -> Priced:
    detail = {"steps": {above: _numbers(one) for above, one in price.steps}} if price.steps else {}
    return Priced(price, price, f"genai-prices:{version}:{_digest(price, detail)}", detail)


def _by_machine(marginal: Price, full: Price, machine: Machine, speed: Speed | None) -> Priced:
    """What the configuration says by the token, and what it leaves open by the machine."""
    electricity_usd, standing_usd = machine.electricity_usd_per_s, machine.standing_usd_per_s
    version, detail = _described(marginal, full, machine)
    return Priced(
        marginal if marginal.known else _by_speed(electricity_usd, machine, speed),
        full if full.known else _by_speed(electricity_usd + standing_usd, machine, speed),
        version,
        detail,
        None if marginal.known else machine,
        None if full.known else machine,
    )


@lru_cache(1024)
def _described(marginal: Price, full: Price, machine: Machine) -> tuple[str, Mapping[str, Any]]:
    """The version and the assumptions."""
    detail = machine.assumptions() | _marginal_detail(marginal, full)
    source = "config" if marginal.known or full.known else "hardware"
    return f"{source}:{_digest(full, detail)}", detail


def _marginal_detail(marginal: Price, full: Price) -> dict[str, Any]:
    """The marginal price, for which the table has no columns."""
    return {"marginal": _numbers(marginal)} if marginal.known and marginal != full else {}


def _by_speed(usd_per_s: float, machine: Machine, speed: Speed | None) -> Price:
    """What a token costs at the speed that was measured; one that is found in the prompt cache takes no time."""
    if machine.assumed or speed is None or not (speed.prefill.measured and speed.decode.measured):
        return UNKNOWN
    return Price(usd_per_s / speed.prefill.value, usd_per_s / speed.decode.value, 0.0)


def _said(profile: Profile) -> bool:
    return profile.full.known or profile.marginal.known


def _numbers(price: Price) -> list[int | None]:
    numbers = [nano_per_mtok(usd) for usd in (price.input_usd, price.output_usd, price.cached_input_usd)]
    # The version of a price without it is the one it always had.
    return numbers if price.cache_write_usd is None else [*numbers, nano_per_mtok(price.cache_write_usd)]


def _digest(price: Price, detail: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that tell these numbers from others."""
    text = json.dumps([_numbers(price), detail], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
