"""Routers whose endpoints are scripted, made from real configurations."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from nearline_router.config import RouterConfig
from nearline_router.connect import OnStatus
from nearline_router.registry.profile import Profile
from nearline_router.router import Router
from nearline_router.transports.scripted import Scripted
from nearline_router.types import RoutingRequest

REQUEST = RoutingRequest("hi", 8, task="ask")
SECRET = replace(REQUEST, requires_data_sovereignty=True)

NEAR = {"provider": "openai-compatible", "host": "http://127.0.0.1:1/v1", "cost_per_mtok": 1}
FAR = {"provider": "openai-compatible", "host": "https://far.example/v1", "cost_per_mtok": 2}


class World:
    """Makes a scripted endpoint for each profile that a router connects, and remembers all it ever made."""

    def __init__(self, script: Callable[[Profile], list[Any]] = lambda profile: [profile.id]) -> None:
        self._script = script
        self.made: list[tuple[Profile, Scripted]] = []

    def connect(self, profile: Profile, _config: RouterConfig, _on_status: OnStatus) -> Scripted:
        """The endpoint of a profile; by default it answers with its own id."""
        scripted = Scripted(profile.id, self._script(profile))
        self.made.append((profile, scripted))
        return scripted

    def of(self, name: str) -> Scripted:
        """The newest of this id."""
        return next(scripted for profile, scripted in reversed(self.made) if profile.id == name)


def configured(**values: Any) -> RouterConfig:
    """A configuration without the embedded engine."""
    return RouterConfig.model_validate({"engine": {"enabled": False, "discover": False}, **values})


def router_in(world: World, **values: Any) -> Router:
    """A router in a scripted world."""
    return Router(configured(**values), connect=world.connect)


async def text(router: Router, request: RoutingRequest = REQUEST) -> str:
    """The whole answer."""
    async with aclosing(router.stream(request)) as chunks:
        return "".join([chunk.text async for chunk in chunks])
