"""Whatever endpoints and askers do, every request that was sent is one row, and none is open at the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nearline_router.errors import EndpointBusy, EndpointCut, EndpointRefused, EndpointUnavailable, RouterError
from nearline_router.learned import state_dir
from nearline_router.router import Router
from nearline_router.types import Priority, RoutingRequest
from tests.router.ledger.made import rows
from tests.router.routers import FAR, NEAR, World, configured, text
from tests.virtual_time import VirtualLoop

REQUEST = RoutingRequest("hi", 8, task="ask")
ERRORS = (EndpointUnavailable("x"), EndpointBusy("x"), EndpointRefused("x"), EndpointCut("x"), ZeroDivisionError("x"))
# A number is a pause in ms; 1,000,000 is for ever.
STEPS = st.one_of(st.sampled_from(["a", "b"]), st.sampled_from([0, 30, 3_000, 1_000_000]), st.sampled_from(ERRORS))
SCRIPTS = st.lists(st.lists(STEPS, max_size=4), min_size=1, max_size=5)
PRIORITIES = st.sampled_from(list(Priority))


@dataclass(frozen=True)
class Asked:
    """A request, when it comes and when its asker leaves, in ms; it hedges for what is complex."""

    at_ms: int
    leaves_after_ms: int
    priority: Priority
    complex: bool
    warm_up: bool

    async def happen(self, router: Router) -> None:
        """Ask, and leave."""
        await asyncio.sleep(self.at_ms / 1000)
        request = replace(REQUEST, priority=self.priority, warm_up=self.warm_up)
        if self.complex:
            request = replace(request, complexity="complex")
        with contextlib.suppress(RouterError, ZeroDivisionError, TimeoutError):
            async with asyncio.timeout(self.leaves_after_ms / 1000):
                await text(router, request)


ASKED = st.builds(
    Asked,
    st.sampled_from([0, 10, 100]),
    st.sampled_from([0, 20, 60, 500, 100_000]),
    PRIORITIES,
    st.booleans(),
    st.booleans(),
)


class Scripts:
    """Plays the drawn scripts in turn, for each endpoint from the beginning."""

    def __init__(self, loop: VirtualLoop, scripts: list[list[Any]], router_world: World) -> None:
        self._loop = loop
        for _, scripted in router_world.made:
            for script in scripts * 8:
                scripted.enqueue(*(self._step(step) for step in script))

    def _step(self, step: Any) -> Any:
        return Pause(self._loop, step) if isinstance(step, int) else step


class Pause(asyncio.Event):
    """Happens by itself, this long after somebody waits for it."""

    def __init__(self, loop: VirtualLoop, ms: int) -> None:
        super().__init__()
        self._at = (loop, ms / 1000)

    async def wait(self) -> Any:
        """Until then."""
        loop, seconds = self._at
        loop.call_later(seconds, self.set)
        return await super().wait()


async def played(loop: VirtualLoop, scripts: list[list[Any]], all_asked: list[Asked]) -> Counter[str]:
    """How often each endpoint was really asked."""
    world = World()
    endpoints = {"near": {**NEAR, "max_concurrency": 1}, "far": FAR, "third": {**FAR, "cost_per_mtok": 3}}
    policy = {"hedge": {"enabled": True, "after_ms": 50, "max_usd_per_day": 10}, "fallback_timeout_ms": 400}
    config = configured(endpoints=endpoints, routing_policy=policy)
    router = Router(config, clock=loop.time, connect=world.connect)
    Scripts(loop, scripts, world)
    await asyncio.gather(*(asked.happen(router) for asked in all_asked))
    await router.aclose()
    return Counter({profile.id: len(scripted.history) for profile, scripted in world.made if scripted.history})


@settings(max_examples=40)
@given(SCRIPTS, st.lists(ASKED, min_size=1, max_size=6))
def test_what_was_sent_is_what_is_recorded(scripts: list[list[Any]], all_asked: list[Asked]) -> None:
    """None is lost, none is there twice, and each has ended."""
    before = len(rows(state_dir()))
    loop = VirtualLoop()
    try:
        sent = loop.run_until_complete(played(loop, scripts, all_asked))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    found = rows(state_dir(), "SELECT endpoint, outcome, request, number FROM attempts ORDER BY rowid")[before:]

    assert Counter(endpoint for endpoint, *_ in found) == sent
    assert "open" not in {outcome for _, outcome, *_ in found}
    assert len({(request, number) for *_, request, number in found}) == len(found)
    for request in {request for *_, request, _ in found}:
        numbers = [number for *_, name, number in found if name == request]
        assert numbers == list(range(1, len(numbers) + 1))
