"""The providers' lists: who is looked up by what, prices that change with the date and the hour, and long prompts."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from nearline_router.prices import published
from nearline_router.prices.price import Price
from nearline_router.prices.published import Published
from nearline_router.registry.profile import Profile
from tests.router.policy.worlds import endpoint


def per_mtok(into: str, out: str, **more: Any) -> ModelPrice:
    """A listed price in US dollars."""
    return ModelPrice(input_mtok=Decimal(into), output_mtok=Decimal(out), **more)


def model(name: str, prices: ModelPrice | list[ConditionalPrice]) -> ModelInfo:
    """A model of the list."""
    return ModelInfo(id=name, match=ClauseEquals(name), prices=prices)


CHANGES = [
    ConditionalPrice(prices=per_mtok("1", "2")),
    ConditionalPrice(StartDateConstraint(date(2026, 11, 15)), prices=per_mtok("3", "4")),
]
AT_NIGHT = [
    ConditionalPrice(prices=per_mtok("10", "20")),
    ConditionalPrice(TimeOfDateConstraint(time(22, tzinfo=UTC), time(6, tzinfo=UTC)), prices=per_mtok("5", "10")),
]
LONG = ModelPrice(
    input_mtok=TieredPrices(base=Decimal(3), tiers=[Tier(200_000, Decimal(6)), Tier(500_000, Decimal(9))]),
    output_mtok=Decimal(15),
    cache_read_mtok=TieredPrices(base=Decimal("0.3"), tiers=[Tier(200_000, Decimal("0.6"))]),
    cache_write_mtok=TieredPrices(base=Decimal("3.5"), tiers=[Tier(200_000, Decimal(7))]),
)
LIST = [
    Provider(
        id="openai",
        name="OpenAI",
        api_pattern=r"https://api\.openai\.com",
        models=[
            model("changes", CHANGES),
            model("night", AT_NIGHT),
            model("long", LONG),
            model("half", ModelPrice(input_mtok=Decimal(1))),
        ],
    ),
    Provider(
        id="hoster",
        name="Hoster",
        api_pattern=r"https://api\.hoster\.example",
        models=[model("open", per_mtok("7", "8"))],
    ),
]


@pytest.fixture(autouse=True)
def _listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lists of this file in place of those that ship."""
    monkeypatch.setattr(published, "providers", LIST)


def at(*when: int) -> Published:
    """The lists at a time, UTC."""
    return Published(lambda: datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def asked(name: str, provider: str = "openai", **said: Any) -> Profile:
    """An endpoint that has this model."""
    return endpoint("far", provider=provider, model=name, **said)[0]


def test_a_price_that_changes_in_mid_month_changes_with_the_day() -> None:
    """At midnight UTC."""
    assert at(2026, 11, 14, 23, 59).price(asked("changes")) == Price(1e-6, 2e-6)
    assert at(2026, 11, 15).price(asked("changes")) == Price(3e-6, 4e-6)


@pytest.mark.parametrize(("hour", "usd"), [(5, 5e-6), (6, 10e-6), (21, 10e-6), (22, 5e-6)])
def test_a_price_of_the_night_holds_at_night(hour: int, usd: float) -> None:
    """Off-peak hours go over midnight."""
    assert at(2026, 11, 20, hour).price(asked("night")).input_usd == usd


def test_each_step_of_a_long_prompt_has_all_prices() -> None:
    """A part without a step of its own keeps the one below."""
    price = at(2026, 11, 20).price(asked("long"))

    assert price.at(200_000) == Price(3e-6, 15e-6, 0.3e-6, cache_write_usd=3.5e-6)
    assert price.at(200_001) == Price(6e-6, 15e-6, 0.6e-6, cache_write_usd=7e-6)
    assert price.at(500_001) == Price(9e-6, 15e-6, 0.6e-6, cache_write_usd=7e-6)


def test_a_server_is_found_by_its_url() -> None:
    """Whatever protocol it speaks."""
    far = asked("open", "openai-compatible", host="https://api.hoster.example/v1")

    assert at(2026, 11, 20).price(far) == Price(7e-6, 8e-6)


def test_a_cloud_provider_at_another_host_is_found_by_its_name() -> None:
    """As OpenAI's regional ones."""
    far = asked("changes", host="https://eu.api.openai.com/v1")

    assert at(2026, 11, 20).price(far) == Price(3e-6, 4e-6)


@pytest.mark.parametrize(
    "far",
    [
        asked("nonsense"),
        asked("changes", "openai-compatible", host="https://elsewhere.example/v1"),
        asked("changes", "openrouter"),
        replace(asked("changes"), model=None),
        replace(asked("changes"), local=True),
    ],
    ids=["model", "host", "provider", "no model", "local"],
)
def test_what_no_list_has_is_unknown(far: Profile) -> None:
    """Neither zero nor the price of something of the same name elsewhere."""
    assert not at(2026, 11, 20).price(far).known


def test_half_a_listed_price_gives_no_cost() -> None:
    """The answer's price is missing."""
    assert at(2026, 11, 20).price(asked("half")).cost_nano(10, 0, 10) is None


def test_the_lists_that_ship_are_read_without_a_thread_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """They know the models of the presets, and nothing asks the network for newer ones."""
    monkeypatch.undo()
    before = threading.active_count()
    lists = Published()
    claude = endpoint("far", provider="anthropic", model="claude-sonnet-4-5")[0]

    assert 0 < (lists.price(claude).input_usd or 0) < (lists.price(claude).output_usd or 0)
    assert threading.active_count() == before


def test_a_router_does_not_import_the_lists() -> None:
    """They are read when a price is missing, and then in a thread."""
    program = (
        "import sys, nearline_router.router, nearline_router.prices.price_list; print('genai_prices' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "False"
