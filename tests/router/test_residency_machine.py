"""No byte of a request that must stay reaches an endpoint that is not local: whatever happens, in any order.

Any registry, any faults, hedges, experiments, fallbacks, requests side by side, reloads in between.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nearline_router.config import RouterConfig
from nearline_router.errors import EndpointBusy, EndpointUnavailable, RouterError
from nearline_router.registry.profile import Profile
from nearline_router.types import Chat, Infill, Message, Priority, RoutingRequest, Snippet
from tests.router.routers import FAR, NEAR, World, configured, router_in, text
from tests.virtual_time import VirtualLoop

MARK = "THE-SECRET"
CODE = f"def f():  # {MARK}\n"

endpoints = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from(
        [NEAR, FAR, {**NEAR, "local": False}, {**FAR, "local": True}, {**FAR, "tier": "routine", "weight": 3},
         {**FAR, "role": "both"}, {**NEAR, "role": "both", "max_concurrency": 1}]
    ),
    min_size=1,
)  # fmt: skip
configurations = st.builds(
    lambda found, hedge, everything, arms: configured(
        endpoints=found,
        routing_policy={"hedge": {"enabled": hedge, "after_ms": 50, "max_usd_per_day": 1000}},
        residency={"everything": everything, "paths": ["patients/**"], "languages": ["sql"]},
        experiments={"ask": {"arms": sorted(found)[:2]}} if arms and len(found) > 1 else {},
    ),
    endpoints,
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def staying(number: int) -> RoutingRequest:
    """A request that must stay, for one of all the reasons there are, in any of its forms."""
    beside = Infill("x", "", "", "a.py", "python", context=(Snippet("patients/b.py", "python", CODE),))
    prompts: list[Any] = [CODE, Chat("", (Message("user", CODE),)), Infill(CODE, "", "", "a.py", "python"), beside]
    reasons: list[dict[str, Any]] = [
        {"requires_data_sovereignty": True},
        {"path": "patients/a/b.py"},
        {"path": "x/../patients/c.py"},
        {"language": "sql"},
        {},  # what goes with the hole is reason enough
    ]
    return RoutingRequest(
        prompts[3 if number % 5 == 4 else number % 4],
        8,
        task="ask",
        complexity=[None, "routine", "complex"][number % 3],
        latency_budget_ms=[None, 100.0, 5000.0][number % 3],
        priority=list(Priority)[number % 4],
        warm_up=number % 7 == 0,
        document=f"file:///{number}",
        **reasons[number % 5],
    )


def script(seed: int) -> Any:
    """Endpoints that fail, hang or answer as chance has it."""
    chance = random.Random(seed)

    def of(_: Profile) -> list[Any]:
        hang = asyncio.Event()
        return chance.choice(
            [["ok"], [EndpointUnavailable("away")], [EndpointBusy("full", 1.0)], [hang], ["half", hang], ["a", "b"]]
        )

    return of


@settings(max_examples=60, deadline=None)
@given(
    st.lists(configurations, min_size=1, max_size=3),
    st.lists(st.integers(0, 59), min_size=1, max_size=8),
    st.integers(),
)
def test_what_must_stay_stays(configs: list[RouterConfig], requests: list[int], seed: int) -> None:
    """Every endpoint's own record of what it was sent is searched for the text."""
    loop = VirtualLoop()
    try:
        world = World(script(seed))
        loop.run_until_complete(_live(world, configs, requests))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    for profile, scripted in world.made:
        if not profile.local:
            assert not [request for request in scripted.history if MARK in repr(request)]


async def _live(world: World, configs: list[RouterConfig], requests: list[int]) -> None:
    router = router_in(world, endpoints=dict(configs[0].endpoints))
    await router.reload(configs[0])
    tasks = []
    for number in requests:
        tasks.append(asyncio.create_task(_asked(router, staying(number))))
        await asyncio.sleep(0.03)
        if number % 3 == 0:
            await router.reload(configs[number % len(configs)])
        if number % 7 == 0:
            tasks[0].cancel()
    await asyncio.wait(tasks, timeout=60)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await router.aclose()


async def _asked(router: Any, request: RoutingRequest) -> None:
    with contextlib.suppress(RouterError):
        await text(router, request)
