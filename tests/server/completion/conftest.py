"""A model that plays a script, behind the real queue, as the typing path meets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from nearline_router.admission import Admission
from nearline_router.planner import Speed
from nearline_router.router import Router
from nearline_router.thermal.eagerness import eagerness_at
from nearline_router.thermal.heat import HeatLevel
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Chunks, RoutingRequest
from nearline_server.completion.completer import Completer
from nearline_server.completion.place import Place
from nearline_server.completion.settings import CompletionSettings

# Nothing is waited for that long; a failing test ends.
DEADLINE_S = 20.0
# Long enough for a scripted answer on a busy machine; idle time never comes by itself, and nothing is asked ahead.
SETTINGS = CompletionSettings(budget_ms=60_000, invoked_budget_ms=60_000, idle_ms=60_000, speculation=False)


class StandIn:
    """What the typing path uses of a router: one scripted endpoint with one slot, and its speed."""

    def __init__(self, endpoint: Scripted) -> None:
        self.speed = Speed()
        self.eagerness = eagerness_at(HeatLevel.COOL)
        self._admission = Admission(endpoint, 1)

    def stream(self, request: RoutingRequest) -> Chunks:
        return self._admission.stream(request)


def router_of(endpoint: Scripted) -> Router:
    return cast(Router, StandIn(endpoint))


@pytest.fixture
def model() -> Scripted:
    """The model; it says nothing unless told to."""
    return Scripted("local")


@pytest.fixture
def late() -> list[Place]:
    """The places of which the completer said that more is known now."""
    return []


@pytest.fixture
async def completer(model: Scripted, late: list[Place]) -> AsyncIterator[Completer]:
    completer = Completer(router_of(model), SETTINGS, late.append)
    yield completer

    await completer.aclose()
