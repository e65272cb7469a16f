"""Going by another configuration while requests are under way."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from nearline_router.breaker import BreakerState
from nearline_router.errors import EndpointUnavailable, NoEndpoint
from tests.router.routers import FAR, NEAR, REQUEST, SECRET, World, configured, router_in, text
from tests.waiting import settle


async def test_the_next_request_goes_by_the_new_configuration() -> None:
    """At once."""
    router = router_in(World(), endpoints={"old": NEAR})
    assert await text(router) == "old"

    await router.reload(configured(endpoints={"new": NEAR}))

    assert await text(router) == "new"
    await router.aclose()


async def test_a_request_under_way_ends_on_the_old_one_which_is_closed_then() -> None:
    """Nothing is lost, and nothing is left open."""
    gate = asyncio.Event()
    world = World(lambda profile: ["a", gate, "b"] if profile.id == "old" else ["new"])
    router = router_in(world, endpoints={"old": NEAR})
    async with aclosing(router.stream(REQUEST)) as chunks:
        while (await anext(chunks)).text != "a":
            pass
        await router.reload(configured(endpoints={"new": NEAR}))
        await settle()
        assert not world.of("old").closed
        gate.set()
        rest = "".join([chunk.text async for chunk in chunks])
    await settle()

    assert (rest, world.of("old").closed) == ("b", True)
    await router.aclose()


async def test_an_endpoint_that_did_not_change_keeps_its_connection_and_its_breaker() -> None:
    """A change elsewhere is no reason to forget that it is broken."""
    world = World(lambda profile: [EndpointUnavailable("away")] if profile.id == "near" else ["far"])
    router = router_in(world, endpoints={"near": NEAR, "far": FAR})
    for _ in range(3):
        await text(router)
    assert router.upstreams["near"].breaker.state is BreakerState.OPEN

    await router.reload(configured(endpoints={"near": {**NEAR, "cost_per_mtok": 0.5}, "far": FAR, "more": FAR}))

    assert router.upstreams["near"].breaker.state is BreakerState.OPEN
    assert router.upstreams["near"].profile.marginal.input_usd == 0.5e-6
    assert [profile.id for profile, _ in world.made] == ["near", "far", "more"]
    await router.aclose()


async def test_what_was_learned_outlives_the_router() -> None:
    """The next one begins with it."""
    world = World()
    router = router_in(world, endpoints={"near": NEAR})
    router.upstreams["near"].speed.decode.observe(77.0)
    await router.aclose()

    again = router_in(world, endpoints={"near": NEAR})

    assert again.upstreams["near"].speed.decode.value == 77.0
    await again.aclose()


async def test_an_endpoint_that_is_no_longer_local_sees_nothing_that_must_stay() -> None:
    """From the reload on, whoever asks."""
    world = World()
    router = router_in(world, endpoints={"studio": NEAR})
    assert await text(router, SECRET) == "studio"

    await router.reload(configured(endpoints={"studio": {**NEAR, "local": False}}))

    with pytest.raises(NoEndpoint):
        await text(router, SECRET)
    assert [len(scripted.history) for _, scripted in world.made] == [1, 0]
    await router.aclose()


async def test_a_new_endpoint_is_connected_before_it_is_used() -> None:
    """The first request finds it warm; one that cannot be connected does not hold up the others."""
    begun: list[str] = []
    world = World()

    router = router_in(world, endpoints={"old": NEAR})
    original = world.connect

    def connect(*args: object) -> object:
        scripted = original(*args)  # type: ignore[arg-type]

        async def begin() -> None:
            begun.append(scripted.id)

        scripted.begin = begin  # type: ignore[method-assign]
        return scripted

    router._connect = connect  # type: ignore[assignment]
    await router.reload(configured(endpoints={"old": NEAR, "new": FAR}))

    assert begun == ["new"]
    await router.aclose()
