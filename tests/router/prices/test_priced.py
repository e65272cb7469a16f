"""Which price counts: the configuration's, the provider's, the machine's, or none; and what it is called."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nearline_router.config import EndpointConfig, RouterConfig
from nearline_router.planner.speed import Speed
from nearline_router.prices.priced import Priced, price_of
from nearline_router.prices.published import Published
from nearline_router.registry.profile import Profile, profiles
from nearline_router.types import Usage

LISTS = Published(lambda: 1_795_000_000)
STUDIO = {"price_usd": 4155.76, "resale_usd": 1000, "life_years": 1, "utilisation": 0.5, "idle_w": 10, "load_w": 110}
STUDIO |= {"maintenance_hours_per_month": 1, "hourly_rate_usd": 26.298}
NEAR = {"host": "http://studio.lan:8080", "local": True}


def one(**said: Any) -> Profile:
    """The profile of an endpoint where a kilowatt-hour costs $0.36."""
    config = RouterConfig(endpoints={"a": EndpointConfig.model_validate(said)}, accounting={"tariff_usd_per_kwh": 0.36})
    return profiles(config)[0]


def fast() -> Speed:
    """500 tokens of prompt and 50 of answer a second, measured."""
    speed = Speed()
    speed.observe(Usage(1000, 0, 100, 2000.0, 2000.0))
    return speed


def test_the_configuration_goes_before_the_list() -> None:
    """Who has a contract knows better."""
    priced = price_of(one(provider="anthropic", model="claude-sonnet-4-5", cost_per_mtok=1), published=LISTS)

    assert priced.full.input_usd == priced.marginal.input_usd == 1e-6
    assert priced.version.startswith("config:")


def test_then_the_list() -> None:
    """With its version and a mark of the numbers, as a list has several prices of a model."""
    priced = price_of(one(provider="anthropic", model="claude-sonnet-4-5"), published=LISTS)

    assert priced.full.known
    assert priced.version.startswith(f"genai-prices:{LISTS.version}:")


@pytest.mark.parametrize("published", [None, LISTS])
def test_else_it_is_unknown(published: Published | None) -> None:
    """Without lists, or where they do not know the model; nothing is made up."""
    assert price_of(one(provider="openrouter", model="nonsense"), published=published) == Priced()


def test_a_server_of_ones_own_that_nobody_described_is_unknown() -> None:
    """Its machine may be anything."""
    assert price_of(one(**NEAR), fast(), LISTS) == Priced()


def test_a_described_machine_has_two_prices_by_its_measured_speed() -> None:
    """$0.00001 a second of electricity and $0.000232 in full (see test_machine) over 500 and 50 tokens a second."""
    priced = price_of(one(**NEAR, hardware=STUDIO), fast())

    assert priced.marginal.input_usd == pytest.approx(0.00001 / 500)
    assert priced.marginal.output_usd == pytest.approx(0.00001 / 50)
    assert priced.full.output_usd == pytest.approx(0.000232 / 50)
    assert priced.full.cached_input_usd == 0
    assert priced.version.startswith("hardware:")


def test_before_its_speed_was_measured_a_token_of_it_has_no_price() -> None:
    """But a second has."""
    priced = price_of(one(**NEAR, hardware=STUDIO), Speed())

    assert not priced.marginal.known
    assert priced.marginal_by == priced.full_by == one(**NEAR, hardware=STUDIO).machine


def test_this_computer_is_not_chosen_by_what_is_assumed_of_it() -> None:
    """Its electricity is accounted for, and that is all."""
    priced = price_of(one(host="http://127.0.0.1:8080"), fast())

    assert not priced.marginal.known
    assert priced.full_by is not None
    assert priced.detail["assumed"]


def test_a_configured_full_price_leaves_the_marginal_one_to_the_machine() -> None:
    """And the other way round: what is given wins, each for itself."""
    full = price_of(one(**NEAR, hardware=STUDIO, cost_per_mtok=33), fast())
    marginal = price_of(one(**NEAR, hardware=STUDIO, marginal_cost_per_mtok=0.2), fast())

    assert (full.full.input_usd, full.full_by) == (33e-6, None)
    assert full.marginal_by is not None
    assert (marginal.marginal.input_usd, marginal.marginal_by) == (pytest.approx(0.2e-6), None)
    assert marginal.full_by is not None
    assert full.version.startswith("config:")


def test_the_reference_designs_local_price_is_both_as_before() -> None:
    """`cost_per_mtok: 33.00` without anything else."""
    priced = price_of(one(host="http://localhost:8080", cost_per_mtok=33.0), fast())

    assert priced.marginal == priced.full
    assert priced.full.cost_usd(500_000, 500_000) == pytest.approx(33.0)
    assert priced.marginal_by is priced.full_by is None


def test_a_version_names_the_numbers() -> None:
    """The same ones have the same name in every process, others have another one."""
    versions = [price_of(one(**NEAR, cost_per_mtok=usd)).version for usd in (1, 1, 2)]
    machines = [price_of(one(**NEAR, hardware=STUDIO | {"load_w": watts})).version for watts in (200, 200, 201)]

    assert versions[0] == versions[1] != versions[2]
    assert machines[0] == machines[1] != machines[2]
    assert len(versions[0]) == len("config:") + 8


def test_a_version_does_not_change_with_the_speed() -> None:
    """A machine's cost is reckoned by the second, so the speed is none of its assumptions."""
    profile = one(**NEAR, hardware=STUDIO)

    assert price_of(profile, fast()).version == price_of(profile, Speed()).version


def test_the_columns_of_the_record_are_whole_numbers_and_json() -> None:
    """The full price; the marginal one is a detail."""
    columns = price_of(one(**NEAR, cost_per_mtok=33, marginal_cost_per_mtok=0.2)).columns()

    assert (columns["input_nano_per_mtok"], columns["output_nano_per_mtok"]) == (33_000_000_000, 33_000_000_000)
    assert columns["cached_nano_per_mtok"] is None
    assert json.loads(columns["detail"]) == {"marginal": [200_000_000, 200_000_000, None]}


def test_a_machines_columns_are_its_assumptions() -> None:
    """No price of a token, which would change with its speed."""
    columns = price_of(one(**NEAR, hardware=STUDIO), fast()).columns()

    assert columns["input_nano_per_mtok"] is columns["output_nano_per_mtok"] is None
    assert json.loads(columns["detail"])["price_usd"] == 4155.76
