"""The prices of a router's endpoints, and what it records of them."""

from __future__ import annotations

from typing import Any

from nearline_router.config import RouterConfig
from nearline_router.ledger.cost import Pricing
from nearline_router.ledger.records import PriceInForce
from nearline_router.prices.price_list import PriceList
from nearline_router.registry.profile import Profile, profiles
from nearline_router.types import Usage

NOW_S = 1_795_000_000


def several(*said: dict[str, Any], **more: Any) -> tuple[Profile, ...]:
    """Profiles of endpoints `e0`, `e1`, …"""
    endpoints = {f"e{number}": one for number, one in enumerate(said)}
    return profiles(RouterConfig.model_validate({"engine": {"enabled": False}, "endpoints": endpoints, **more}))


FAR = {"provider": "anthropic", "model": "claude-sonnet-4-5"}
PAID = {"provider": "openrouter", "model": "m", "cost_per_mtok": 0.65}
HERE = {"host": "http://127.0.0.1:8080"}


def test_the_lists_are_wanted_only_for_an_endpoint_elsewhere_without_a_price() -> None:
    """And only until they were read."""
    prices = PriceList()

    assert not prices.lacks(several(PAID, HERE, {"host": "http://studio.lan:1", "local": True}))
    assert prices.lacks(several(HERE, FAR))
    prices.read()
    assert not prices.lacks(several(HERE, FAR))


def test_a_price_is_unknown_until_the_lists_were_read() -> None:
    """Nobody waits for them."""
    (far,) = several(FAR)
    prices = PriceList(clock=lambda: NOW_S)
    assert prices.cost(far, Usage(1000, 0, 100)).marginal_nano is None

    prices.read()

    assert (prices.cost(far, Usage(1000, 0, 100)).marginal_nano or 0) > 0


def test_tokens_that_are_written_to_a_cache_cost_what_the_list_says() -> None:
    """Of 1,000 that are read anew, 400 at $3.75 a million and the others at $3: 300 micro-dollars more."""
    (far,) = several(FAR)
    prices = PriceList(clock=lambda: NOW_S)
    prices.read()

    assert prices.cost(far, Usage(1000, 0, 0)).marginal_nano == 3_000_000
    assert prices.cost(far, Usage(1000, 0, 0, cache_written_tokens=400)).marginal_nano == 3_300_000


def test_a_price_is_recorded_once_before_the_first_cost_by_it() -> None:
    """By its version; an unknown one is not recorded."""
    told: list[PriceInForce] = []
    paid, far = several(PAID, FAR)
    pricing: Pricing = PriceList(told.append, lambda: NOW_S).cost
    for _ in range(3):
        cost = pricing(paid, Usage(600, 400, 0))
        pricing(far, Usage(600, 400, 0))

    assert cost.marginal_nano == cost.full_nano == 650_000
    (price,) = told
    assert (price.endpoint, price.model, price.since_us) == ("e0", "m", NOW_S * 1_000_000)
    assert (price.version, price.input_nano_per_mtok) == (cost.price_version, 650_000_000)


def test_a_price_that_is_in_force_again_is_recorded_again() -> None:
    """A configuration that was changed, and changed back."""
    told: list[PriceInForce] = []
    prices = PriceList(told.append, lambda: NOW_S)
    for usd in (0.65, 0.9, 0.65, 0.65):
        prices.cost(several({**PAID, "cost_per_mtok": usd})[0], Usage(1, 0, 1))

    assert [price.input_nano_per_mtok for price in told] == [650_000_000, 900_000_000, 650_000_000]


def test_the_same_price_of_another_model_is_recorded_too() -> None:
    """As the version is made of the numbers alone."""
    told: list[PriceInForce] = []
    pricing: Pricing = PriceList(told.append, lambda: NOW_S).cost
    for model in ("m", "n"):
        pricing(several({**PAID, "model": model})[0], Usage(1, 0, 1))

    assert [price.model for price in told] == ["m", "n"]


def test_a_machines_attempt_has_its_energy_and_both_costs() -> None:
    """A second at this computer: 30 W at $0.36 a kilowatt-hour are $0.000003."""
    (here,) = several(HERE, accounting={"tariff_usd_per_kwh": 0.36})
    cost = PriceList().cost(here, Usage(100, 900, 10, 400.0, 600.0))

    assert (cost.energy_uj, cost.energy_source) == (30_000_000, "modelled")
    assert (cost.marginal_nano, cost.full_nano) == (3_000, 3_000)


def test_configured_prices_win_but_energy_is_still_told() -> None:
    """The reference design's local endpoint: $33 a million tokens, and joules beside it."""
    (here,) = several(HERE | {"cost_per_mtok": 33})
    cost = PriceList().cost(here, Usage(100, 900, 0, 400.0, 600.0))

    assert cost.full_nano == 33_000_000
    assert cost.energy_uj == 30_000_000


def test_an_attempt_without_times_has_no_energy() -> None:
    """And at a machine no cost."""
    (here,) = several(HERE)

    assert (PriceList().cost(here, Usage(100)).energy_source, PriceList().cost(here, Usage(100)).full_nano) == (
        "none",
        None,
    )
