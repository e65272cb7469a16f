"""What a configuration leaves out, filled in; above all: what stays with the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nearline_router.config import EndpointConfig, RouterConfig, load_config
from nearline_router.registry.profile import Profile, profiles

SEED = Path(__file__).parents[3] / "config" / "llm-routing-config.yaml"


def every(**endpoints: dict[str, Any]) -> dict[str, Profile]:
    """The profiles of endpoints, by id."""
    config = RouterConfig(endpoints={name: EndpointConfig(**one) for name, one in endpoints.items()})
    return {profile.id: profile for profile in profiles(config)}


def one(**endpoint: Any) -> Profile:
    """The profile of one endpoint."""
    return every(a=endpoint)["a"]


@pytest.mark.parametrize(
    "host",
    [
        "http://localhost:8080",
        "http://LOCALHOST:8080",
        "http://llama.localhost",
        "http://127.0.0.1:8080",
        "http://127.3.2.1",
        "https://[::1]:8443/v1",
    ],
)
def test_a_loopback_host_is_local(host: str) -> None:
    """By name or address, IPv4 or IPv6."""
    assert one(host=host).local


@pytest.mark.parametrize(
    "host",
    [
        "http://studio.lan:8080",
        "http://192.168.1.20:8080",
        "http://10.0.0.1",
        "http://[fe80::1]",
        "http://0.0.0.0:8080",
        "http://[::]:8080",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://notlocalhost",
        "http://example.com/?at=localhost",
        "http://example.com#@localhost",
        "http://2130706433",
    ],
)
def test_any_other_host_is_not_local_by_itself(host: str) -> None:
    """Neither the same network nor a name that only looks so."""
    assert not one(host=host).local


@pytest.mark.parametrize("provider", ["llamacpp", "ollama", "lmstudio", "mlx", "vllm", None])
def test_without_a_host_a_local_program_is_local(provider: str | None) -> None:
    """It listens on loopback by default."""
    assert one(provider=provider).local


@pytest.mark.parametrize("provider", ["llamacpp", "ollama", "lmstudio", "mlx", "vllm", "openai-compatible"])
def test_what_is_said_counts_for_a_server_of_ones_own(provider: str) -> None:
    """A Mac Studio in the same network, and a tunnel that ends on loopback."""
    assert one(provider=provider, host="http://studio.lan:8080", local=True).local
    assert not one(provider=provider, host="http://localhost:8080", local=False).local


@pytest.mark.parametrize("provider", ["openai", "openrouter", "anthropic"])
@pytest.mark.parametrize("host", [None, "http://localhost:8080"])
def test_a_cloud_provider_is_never_local(provider: str, host: str | None) -> None:
    """Not behind a proxy on this machine either, and nobody can say that it is."""
    assert not one(provider=provider, host=host).local
    with pytest.raises(ValueError, match="is a cloud provider"):
        EndpointConfig(provider=provider, host=host, local=True)


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "minimax-m2:cloud", "Qwen3-Coder:480B-Cloud"])
@pytest.mark.parametrize("said", [None, True])
def test_a_model_that_ollama_passes_on_is_not_local(model: str, said: bool | None) -> None:
    """The server on this machine sends the text to Ollama's cloud, whatever a file says."""
    assert not one(provider="ollama", model=model, local=said).local
    assert not one(provider="openai-compatible", host="http://localhost:11434/v1", model=model).local


def test_each_fallback_model_is_local_or_not_by_itself() -> None:
    """A model that is passed on makes its neighbours no less local, and they make it no more."""
    found = every(a={"provider": "ollama", "model": "qwen2.5-coder", "fallback_models": ["qwen3-coder:480b-cloud"]})

    assert {id_: profile.local for id_, profile in found.items()} == {
        "a": True,
        "a:qwen3-coder:480b-cloud": False,
        "local": True,
    }


def test_the_reference_designs_file_is_expanded() -> None:
    """The local one, the cloud, one for each fallback model, and the engine that stands in."""
    found = profiles(load_config(SEED))

    assert [(one.id, one.provider, one.model, one.local, one.tier) for one in found] == [
        ("local", "llamacpp", "llama-3.3-70b-q4", True, "routine"),
        ("cloud", "openrouter", "qwen-2.5-72b-instruct", False, "frontier"),
        ("cloud:deepseek-v3.1", "openrouter", "deepseek-v3.1", False, "frontier"),
        ("cloud:llama-3.3-70b", "openrouter", "llama-3.3-70b", False, "frontier"),
        ("embedded", "llamacpp", None, True, "routine"),
    ]
    assert [one.stand_in for one in found] == [False, False, False, False, True]
    assert [one.max_concurrency for one in found] == [1, 500, 500, 500, 1]
    assert [one.expected_ttft_ms for one in found] == [85, 320, 320, 320, 85]
    assert found[0].full.input_usd == pytest.approx(0.000033)
    assert found[1].full.output_usd == pytest.approx(0.00000065)
    assert (found[0].thermal_threshold_c, found[1].api_key_env) == (85, "OPENROUTER_API_KEY")


@pytest.mark.parametrize(
    ("endpoint", "completes", "chats"),
    [
        ({}, True, True),
        ({"model": "qwen2.5-coder-7b"}, True, True),
        ({"model": "llama-3.3-70b-q4"}, False, True),
        ({"provider": "ollama", "model": "qwen2.5-coder:7b"}, True, True),
        ({"provider": "ollama", "model": "llama3.3"}, False, True),
        ({"provider": "vllm", "model": "qwen2.5-coder-7b"}, False, True),
        ({"provider": "vllm", "model": "qwen2.5-coder-7b", "role": "completion"}, True, False),
        ({"provider": "openai", "model": "gpt-5"}, False, True),
        ({"role": "chat"}, False, True),
        ({"model": "llama-3.3-70b-q4", "role": "both"}, True, True),
    ],
)
def test_what_an_endpoint_is_asked_for(endpoint: dict[str, Any], completes: bool, chats: bool) -> None:
    """By its protocol and model, unless its role is said."""
    profile = one(**endpoint)

    assert (profile.completes, profile.chats) == (completes, chats)


def test_each_fallback_model_can_what_it_can() -> None:
    """A chat model beside one that fills in the middle."""
    found = every(a={"model": "qwen2.5-coder-7b", "fallback_models": ["llama-3.3-70b"]})

    assert [found[id_].completes for id_ in ("a", "a:llama-3.3-70b")] == [True, False]


def test_prices_are_dollars_a_token() -> None:
    """Both ways the same, unless said one by one; the marginal one is what is chosen by."""
    profile = one(cost_per_mtok=3, output_cost_per_mtok=15, cached_input_cost_per_mtok=0.3, marginal_cost_per_mtok=0.5)

    assert profile.full.input_usd == pytest.approx(3e-6)
    assert profile.full.output_usd == pytest.approx(15e-6)
    assert profile.full.cached_input_usd == pytest.approx(0.3e-6)
    assert profile.full.cost_usd(1000, 100) == pytest.approx(0.0045)
    assert profile.marginal.cost_usd(1000, 1000) == pytest.approx(0.001)


def test_an_unknown_price_is_not_free() -> None:
    """None, not 0, also when only one way is known."""
    assert one().full.cost_usd(1000, 100) is None
    assert one(input_cost_per_mtok=3).full.cost_usd(1000, 100) is None


def test_without_a_price_of_its_own_the_next_token_costs_as_any() -> None:
    """The full price is the marginal one."""
    profile = one(cost_per_mtok=3)

    assert profile.marginal == profile.full


def test_a_described_machine_has_a_marginal_price_of_its_own() -> None:
    """Not the full one, which has its hardware in it."""
    profile = one(host="http://studio.lan:1", local=True, cost_per_mtok=33, hardware={"load_w": 200})

    assert profile.full.known
    assert not profile.marginal.known
    assert profile.machine is not None
    assert (profile.machine.hardware.load_w, profile.machine.assumed) == (200, False)


@pytest.mark.parametrize(
    ("endpoint", "assumed"),
    [
        ({"host": "http://127.0.0.1:8080"}, True),
        ({"provider": "ollama"}, True),
        ({"host": "http://studio.lan:1", "local": True}, None),
        ({"provider": "openrouter"}, None),
        ({"provider": "openrouter", "hardware": {"load_w": 200}}, None),
    ],
)
def test_without_a_word_only_this_computers_electricity_counts(endpoint: dict[str, Any], assumed: bool | None) -> None:
    """Another machine's cost is unknown, and a provider's machine is none of ours."""
    machine = one(**endpoint).machine

    assert (machine.assumed if machine else None) is assumed


def test_the_engines_machine_is_this_one_unless_it_is_described() -> None:
    """With the tariff of the accounting."""
    plain = profiles(RouterConfig(accounting={"tariff_usd_per_kwh": 0.3}))[0].machine
    said = profiles(RouterConfig(engine={"hardware": {"price_usd": 2000}}))[0].machine

    assert plain
    assert said
    assert (plain.assumed, plain.tariff_usd_per_kwh, plain.standing_usd_per_s) == (True, 0.3, 0)
    assert (said.assumed, said.hardware.price_usd) == (False, 2000)


def test_region_and_tags_are_one() -> None:
    """Both are what residency rules ask for."""
    assert one(residency=["zdr"], region="eu").tags == {"zdr", "eu"}


def test_the_built_in_endpoint_takes_a_name_that_is_free() -> None:
    """Whatever the others are called, those that are switched off too."""
    assert list(every()) == ["local"]
    assert list(every(local={"model": "m", "host": "http://localhost:1"})) == ["local", "embedded"]
    assert list(every(local={"enabled": False})) == ["embedded"]
    assert list(every(local={"provider": "ollama"}, embedded={"provider": "mlx"}))[-1] == "embedded-2"


def test_the_built_in_endpoint_stands_in_only_where_another_is_local() -> None:
    """Beside the cloud alone it is the local one."""
    assert not every(cloud={"provider": "openrouter"})["local"].stand_in
    assert every(a={"provider": "ollama"})["local"].stand_in


def test_there_is_one_built_in_endpoint_at_most() -> None:
    """A llama.cpp endpoint without a host is the built-in one by another name."""
    assert list(every(mine={"provider": "llamacpp", "weight": 2})) == ["mine"]


def test_the_engine_can_be_switched_off() -> None:
    """Then there is only what the file names."""
    assert profiles(RouterConfig(engine={"enabled": False})) == ()


def test_an_endpoint_that_is_switched_off_is_not_there() -> None:
    """With its fallback models."""
    assert list(every(a={"provider": "openai", "fallback_models": ["b"], "enabled": False})) == ["local"]


@pytest.mark.parametrize(
    ("endpoint", "variable"),
    [
        ({"provider": "openai"}, "OPENAI_API_KEY"),
        ({"provider": "anthropic"}, "ANTHROPIC_API_KEY"),
        ({"provider": "openai", "api_key_env": "MINE"}, "MINE"),
        ({"provider": "openai", "api_key_keyring": "nearline/openai"}, None),
        ({"provider": "ollama"}, None),
    ],
)
def test_a_key_is_looked_for_where_the_provider_expects_it(endpoint: dict[str, Any], variable: str | None) -> None:
    """Unless the file names another place."""
    assert one(**endpoint).api_key_env == variable
