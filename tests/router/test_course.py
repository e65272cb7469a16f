"""How decisions are carried out by a whole router: hedges and their cap, warm-ups that stay, what is traced."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from nearline_router.errors import EndpointUnavailable
from nearline_router.registry.profile import Profile
from nearline_router.types import Priority
from tests.router.routers import FAR, NEAR, REQUEST, SECRET, World, router_in, text
from tests.virtual_time import VirtualLoop

HEDGE = {"enabled": True, "after_ms": 100, "max_usd_per_day": 1.0}


def slow_near(profile: Profile) -> list[Any]:
    """The machine at home hangs, the cloud answers."""
    return [asyncio.Event()] if profile.local else ["far"]


async def hedged(world: World, request: Any = REQUEST, **hedge: Any) -> tuple[str, float]:
    """The answer under this hedge, and what of its sum was used up."""
    policy = {"fallback_timeout_ms": 60_000, "hedge": {**HEDGE, **hedge}}
    router = router_in(world, endpoints={"near": NEAR, "far": FAR}, routing_policy=policy)
    try:
        async with asyncio.timeout(30):
            return await text(router, request), router.spending.hedges_usd
    except TimeoutError:
        return "nothing", router.spending.hedges_usd
    finally:
        await router.aclose()


def test_a_hedge_asks_the_cloud_when_the_machine_at_home_is_slow(virtual_loop: VirtualLoop) -> None:
    """And reserves what that may cost."""
    said, reserved_usd = virtual_loop.run_until_complete(hedged(World(slow_near)))

    assert said == "far"
    assert reserved_usd > 0


@pytest.mark.parametrize("hedge", [{"enabled": False}, {"max_usd_per_day": 0.0}], ids=["off", "no money left"])
def test_without_leave_there_is_no_second_request(virtual_loop: VirtualLoop, hedge: dict[str, Any]) -> None:
    """It costs money, so it has to be asked for, and it has an end."""
    world = World(slow_near)

    said, reserved_usd = virtual_loop.run_until_complete(hedged(world, **hedge))

    assert (said, reserved_usd, world.of("far").history) == ("nothing", 0.0, [])


def test_what_must_stay_is_never_hedged_away(virtual_loop: VirtualLoop) -> None:
    """However slow the machine at home is."""
    world = World(slow_near)

    said, _ = virtual_loop.run_until_complete(hedged(world, SECRET))

    assert (said, world.of("far").history) == ("nothing", [])


@pytest.mark.parametrize(
    "ahead", [{"warm_up": True, "priority": Priority.WARM_UP}, {"priority": Priority.SPECULATION}], ids=str
)
async def test_what_nobody_asked_for_yet_stays(ahead: dict[str, Any]) -> None:
    """A warm-up or a speculation for an endpoint elsewhere sends nothing and fails nothing."""
    world = World()
    router = router_in(world, endpoints={"far": FAR})

    assert await text(router, replace(REQUEST, **ahead)) == ""

    assert world.of("far").history == []
    await router.aclose()


async def test_the_trace_has_who_was_asked_and_how_it_ended() -> None:
    """In order, failures too; background work leaves the last one as it was."""
    world = World(lambda profile: [EndpointUnavailable("away")] if profile.id == "near" else ["far"])
    router = router_in(world, endpoints={"near": NEAR, "far": FAR})
    await text(router)
    await text(router, replace(REQUEST, priority=Priority.WARM_UP, task="warm-up"))

    assert router.last is not None
    assert (router.last.task, router.last.asked, router.last.error) == ("ask", ["near", "far"], "")
    assert router.last.ttft_ms is not None
    await router.aclose()


async def test_speed_and_tokens_are_learned_from_answers() -> None:
    """From the first one on the decision counts by what the endpoint itself reported."""
    router = router_in(World(), endpoints={"near": NEAR})
    long = replace(REQUEST, prompt="word " * 100)
    before = router.decide(long)
    await text(router, long)

    after = router.decide(long)

    assert (before.predicted_ttft_ms, before.token_source) == (320.0, "words")
    assert after.predicted_ttft_ms < before.predicted_ttft_ms
    await router.aclose()
