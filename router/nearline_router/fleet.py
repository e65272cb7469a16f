"""One generation of endpoints, made from one configuration; what did not change is taken over from the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from nearline_router.config.models import RouterConfig
from nearline_router.connect import Connect, OnStatus
from nearline_router.engine.state import runtime_dir
from nearline_router.local import LocalStatus
from nearline_router.registry.profile import Profile, profiles
from nearline_router.upstream import Upstream

# A limit up to this is a machine's, and holds for all windows; a higher one is a provider's own rate limit.
MOST_SLOTS = 16

# What must be the same in two profiles for a connection to the one to be a connection to the other.
SAME_SERVER = (
    "provider", "host", "model", "local", "max_concurrency", "http_version", "ca_file", "tags", "api_key_env",
    "api_key_keyring", "thermal_threshold_c",
)  # fmt: skip


class Fleet:
    """The endpoints of one configuration, by id, in its order."""

    def __init__(
        self,
        config: RouterConfig,
        connect: Connect,
        on_status: OnStatus,
        clock: Callable[[], float],
        before: Fleet | None = None,
        learned: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.config = config
        self._connect = connect
        self._on_status = on_status
        self._clock = clock
        self.upstreams: dict[str, Upstream] = {}
        for profile in profiles(config):
            self.upstreams[profile.id] = self._upstream(profile, before, learned or {})
        self.reaches_out = any(not one.profile.local for one in self.upstreams.values())
        self.profiles = [upstream.profile for upstream in self.upstreams.values()]
        self.standings = [upstream.standing for upstream in self.upstreams.values()]

    def without(self, other: Fleet) -> list[Upstream]:
        """Those of ours whose connections the other fleet does not have."""
        kept = {id(upstream.endpoint) for upstream in other.upstreams.values()}
        return [upstream for upstream in self.upstreams.values() if id(upstream.endpoint) not in kept]

    def _upstream(self, profile: Profile, before: Fleet | None, learned: Mapping[str, Mapping[str, Any]]) -> Upstream:
        breaker = self.config.routing_policy.circuit_breaker
        old = before.upstreams.get(profile.id) if before else None
        if old and before and _same_server(old.profile, profile) and self._same_engine(before, profile):
            old.breaker.configure(breaker)
            return old if old.profile == profile else old.with_profile(profile)
        endpoint = self._connect(profile, self.config, partial(self._status_changed, profile.id))
        slots = profile.max_concurrency
        # Windows may call the same server by other names; the slots are the server's.
        lease = runtime_dir() if slots <= MOST_SLOTS else None
        upstream = Upstream(profile, endpoint, breaker, self._clock, lease)
        upstream.restore(learned.get(upstream.learned_name, {}))
        return upstream

    def _status_changed(self, name: str, status: LocalStatus) -> None:
        # Who has just answered how it is needs no probe.
        if status.state == "ready" and name in self.upstreams:
            self.upstreams[name].breaker.reset()
        self._on_status(status)

    def _same_engine(self, before: Fleet, profile: Profile) -> bool:
        return profile.host is not None or before.config.engine == self.config.engine


def _same_server(one: Profile, other: Profile) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in SAME_SERVER)


def state_of(upstreams: Iterable[Upstream]) -> dict[str, dict[str, Any]]:
    """What was learned, by endpoint and model."""
    return {upstream.learned_name: upstream.state() for upstream in upstreams}
