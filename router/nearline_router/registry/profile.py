"""The endpoints of a configuration with nothing left open: what every rule of the router looks at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, count

from nearline_router.config.endpoint import BUILT_IN_IDS, EndpointConfig, Provider, Tier
from nearline_router.config.locality import is_local, is_loopback
from nearline_router.config.models import RouterConfig
from nearline_router.fim import template_for
from nearline_router.prices.machine import WORKSTATION, Machine
from nearline_router.prices.price import TOKENS_PER_MTOK, UNKNOWN, Price, per_mtok
from nearline_router.registry.providers import NEAR_TTFT_MS, PROVIDERS, Cancels, Protocol

__all__ = ["Price", "Profile", "profiles"]


@dataclass(frozen=True, slots=True)
class Profile:
    """One endpoint, whole. `marginal` and `full` are the prices that the configuration gives; see `prices.priced`.

    `machine`: what a local one runs on, as far as it costs anything that is known.
    `host` None: a llama.cpp server found on this machine or the embedded engine. `stand_in`: asked only where no
    other local endpoint may. `context_tokens` None: not known before it was asked.
    """

    id: str
    provider: Provider
    protocol: Protocol
    host: str | None
    model: str | None
    local: bool
    completes: bool
    chats: bool
    tier: Tier
    tags: frozenset[str]
    marginal: Price
    full: Price
    expected_ttft_ms: float
    context_tokens: int | None
    max_concurrency: int
    thermal_threshold_c: float | None
    weight: float
    http_version: str
    api_key_env: str | None
    api_key_keyring: str | None
    ca_file: str | None
    cancel_stops_billing: Cancels
    machine: Machine | None = None
    stand_in: bool = False

    @property
    def learned_name(self) -> str:
        """What it is remembered by: another model is another speed."""
        return f"{self.id} {self.model or ''}".strip()


def profiles(config: RouterConfig) -> tuple[Profile, ...]:
    """Every endpoint of a configuration, in its order; one for each fallback model; the built-in one last."""
    found = [
        _profile(id_, endpoint, model, config.accounting.tariff_usd_per_kwh)
        for name, endpoint in config.endpoints.items()
        for id_, model in zip(endpoint.ids(name), endpoint.models, strict=True)
        if endpoint.enabled
    ]
    hosted = any(profile.protocol == "llamacpp" and profile.host is None for profile in found)
    if config.engine.enabled and not hosted:
        found.append(_built_in(found, config))
    return tuple(found)


def _profile(id_: str, endpoint: EndpointConfig, model: str | None, tariff_usd_per_kwh: float) -> Profile:
    provider = endpoint.provider or "llamacpp"
    facts = PROVIDERS[provider]
    local = is_local(endpoint, model)
    completes, chats = _roles(endpoint, model)
    full = _price(endpoint)
    tags = endpoint.residency | ({endpoint.region} if endpoint.region else set())
    return Profile(
        id=id_,
        provider=provider,
        protocol=facts.protocol,
        host=endpoint.host or facts.host,
        model=model,
        local=local,
        completes=completes,
        chats=chats,
        tier=endpoint.tier or ("routine" if local else "frontier"),
        tags=frozenset(tags),
        marginal=_marginal(endpoint, full, local),
        full=full,
        expected_ttft_ms=endpoint.expected_ttft_ms or facts.expected_ttft_ms,
        context_tokens=endpoint.context_tokens,
        max_concurrency=endpoint.max_concurrency or facts.max_concurrency,
        thermal_threshold_c=endpoint.thermal_threshold_c,
        weight=endpoint.weight,
        http_version=endpoint.http_version or facts.http_version,
        api_key_env=endpoint.api_key_env or (None if endpoint.api_key_keyring else facts.api_key_env),
        api_key_keyring=endpoint.api_key_keyring,
        ca_file=endpoint.ca_file,
        cancel_stops_billing=facts.cancel_stops_billing,
        machine=_machine(endpoint, tariff_usd_per_kwh) if local else None,
    )


def _built_in(others: list[Profile], config: RouterConfig) -> Profile:
    names = chain(BUILT_IN_IDS, (f"{BUILT_IN_IDS[-1]}-{number}" for number in count(2)))
    name = next(name for name in names if name not in config.endpoints)
    here = EndpointConfig(provider="llamacpp", expected_ttft_ms=NEAR_TTFT_MS, hardware=config.engine.hardware)
    profile = _profile(name, here, None, config.accounting.tariff_usd_per_kwh)
    return replace(profile, stand_in=any(other.local for other in others))


def _roles(endpoint: EndpointConfig, model: str | None) -> tuple[bool, bool]:
    """Whether it can fill in the middle, and whether it can chat."""
    if endpoint.role:
        return endpoint.role in ("completion", "both"), endpoint.role in ("chat", "both")
    facts = PROVIDERS[endpoint.provider or "llamacpp"]
    fills_in = facts.protocol in ("llamacpp", "ollama") and (model is None or template_for(model) is not None)
    return fills_in, True


def _price(endpoint: EndpointConfig) -> Price:
    flat = per_mtok(endpoint.cost_per_mtok)
    into, out, cached = endpoint.input_cost_per_mtok, endpoint.output_cost_per_mtok, endpoint.cached_input_cost_per_mtok
    return Price(
        flat.input_usd if into is None else into / TOKENS_PER_MTOK,
        flat.output_usd if out is None else out / TOKENS_PER_MTOK,
        None if cached is None else cached / TOKENS_PER_MTOK,
    )


def _marginal(endpoint: EndpointConfig, full: Price, local: bool) -> Price:
    """What was said, else the full price; but a machine that was described has a marginal cost of its own."""
    if endpoint.marginal_cost_per_mtok is not None:
        return per_mtok(endpoint.marginal_cost_per_mtok)
    return UNKNOWN if local and endpoint.hardware else full


def _machine(endpoint: EndpointConfig, tariff_usd_per_kwh: float) -> Machine | None:
    """The machine that was described; without a word this one, of which its electricity is assumed."""
    if endpoint.hardware:
        return Machine(endpoint.hardware, tariff_usd_per_kwh)
    here = endpoint.host is None or is_loopback(endpoint.host)
    return Machine(WORKSTATION, tariff_usd_per_kwh, assumed=True) if here else None
