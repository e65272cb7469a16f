"""What no single value shows to be wrong or doubtful: keys in clear, names that lead nowhere, surprises of locality."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nearline_router.config.accounting import DEFAULT_COST_CENTRE, AccountingConfig
from nearline_router.config.endpoint import BUILT_IN_IDS, CLOUD_PROVIDERS, EndpointConfig
from nearline_router.config.key_material import looks_like_key
from nearline_router.config.locality import is_local, is_loopback
from nearline_router.config.models import RouterConfig
from nearline_router.config.nodes import Location
from nearline_router.config.problem import Severity
from nearline_router.residency.patterns import compiled

# Tags by which people say that a server is their own.
TAGS_OF_OWN = frozenset({"local", "on-prem", "on-premise", "on-premises", "onprem"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem by its location, not yet by its line."""

    location: Location
    message: str
    severity: Severity = "warning"


def findings(config: RouterConfig) -> Iterator[Finding]:
    """All of them; those with severity `error` forbid to use the configuration."""
    for name, endpoint in config.endpoints.items():
        for finding in CHECKS_OF_ENDPOINTS:
            if found := finding(("endpoints", name), endpoint):
                yield found
    yield from _broken_patterns(config.residency.paths)
    yield from _unknown_arms(config)
    yield from _unserved_regions(config)
    yield from _broken_cost_centres(config.accounting)
    yield from _unpaid_budgets(config.accounting)


def _key_in_clear(at: Location, endpoint: EndpointConfig) -> Finding | None:
    has_key = endpoint.api_key_env or endpoint.api_key_keyring or endpoint.provider in CLOUD_PROVIDERS
    in_clear = endpoint.host and endpoint.host.startswith("http://") and not is_loopback(endpoint.host)
    if not (has_key and in_clear) or endpoint.local:
        return None
    message = "expected https: its key would be sent in clear (`local: true` if the server and the way to it are yours)"
    return Finding((*at, "host"), message, "error")


def _key_by_looks(at: Location, endpoint: EndpointConfig) -> Finding | None:
    if endpoint.api_key_env is None or not looks_like_key(endpoint.api_key_env):
        return None
    message = "this looks like a key; expected the name of an environment variable, such as OPENROUTER_API_KEY"
    return Finding((*at, "api_key_env"), message)


def _not_local_by_host(at: Location, endpoint: EndpointConfig) -> Finding | None:
    said = endpoint.local is not None or endpoint.provider in (*CLOUD_PROVIDERS, "openai-compatible")
    if said or endpoint.host is None or is_loopback(endpoint.host):
        return None
    message = "this is another machine, so nothing that must stay is sent there; `local: true` says that it is yours"
    return Finding((*at, "host"), f"{message}, `local: false` that it is not")


def _not_local_by_tag(at: Location, endpoint: EndpointConfig) -> Finding | None:
    tags = sorted(tag for tag in endpoint.residency if tag.lower() in TAGS_OF_OWN)
    if not tags or is_local(endpoint, endpoint.models[0]):
        return None
    return Finding((*at, "residency"), f"the tag {tags[0]} makes no endpoint local; expected `local: true` beside it")


def _hardware_of_others(at: Location, endpoint: EndpointConfig) -> Finding | None:
    if endpoint.hardware is None or any(is_local(endpoint, model) for model in endpoint.models):
        return None
    return Finding((*at, "hardware"), "not used: this endpoint is not local, so its provider's price counts")


CHECKS_OF_ENDPOINTS = (_key_in_clear, _key_by_looks, _not_local_by_host, _not_local_by_tag, _hardware_of_others)


def _broken_patterns(paths: Sequence[str]) -> Iterator[Finding]:
    for number, pattern in enumerate(paths):
        try:
            compiled([pattern])
        except ValueError as error:
            yield Finding(("residency", "paths", number), f"{error}; expected one as in .gitignore", "error")


def _unknown_arms(config: RouterConfig) -> Iterator[Finding]:
    known = [id_ for name, endpoint in config.endpoints.items() for id_ in endpoint.ids(name)]
    known += BUILT_IN_IDS if config.engine.enabled else ()
    for task, experiment in config.experiments.items():
        for number, arm in enumerate(experiment.arms):
            if arm not in known:
                message = f"there is no such endpoint; expected one of {', '.join(dict.fromkeys(known))}"
                yield Finding(("experiments", task, "arms", number), message, "error")


def _unserved_regions(config: RouterConfig) -> Iterator[Finding]:
    far = [one for one in config.endpoints.values() if one.enabled and not is_local(one, one.models[0])]
    regions = config.residency.regions
    if regions and far and not any(regions & {*one.residency, one.region} for one in far):
        message = "no endpoint carries one of these in `residency` or `region`, so only local ones are asked"
        yield Finding(("residency", "regions"), message)


def _broken_cost_centres(accounting: AccountingConfig) -> Iterator[Finding]:
    for number, rule in enumerate(accounting.cost_centres):
        try:
            compiled([rule.path] if rule.path else [])
        except ValueError as error:
            message = f"{error}; expected one as in .gitignore"
            yield Finding(("accounting", "cost_centres", number, "path"), message, "error")


def _unpaid_budgets(accounting: AccountingConfig) -> Iterator[Finding]:
    known = {DEFAULT_COST_CENTRE, *(rule.name for rule in accounting.cost_centres)}
    for number, budget in enumerate(accounting.budgets):
        if budget.cost_centre is not None and budget.cost_centre not in known:
            message = "no rule of cost_centres has this name, so it holds only for requests that name it themselves"
            yield Finding(("accounting", "budgets", number, "cost_centre"), message)
