"""What a router predicts for keys: what the prompt cache does not hold is what they wait for."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

from nearline_router.config import RouterConfig
from nearline_router.connect import OnStatus
from nearline_router.registry.profile import Profile
from nearline_router.router import Router
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Chunk, Chunks, Infill, RoutingRequest, Usage
from tests.router.routers import configured

NEAR = {"provider": "openai-compatible", "host": "http://127.0.0.1:1/v1", "role": "completion"}
WINDOW = Infill("line = 1\n" * 300, "va", "line = 2\n", "a.py", "python")
KEY = RoutingRequest(WINDOW, 8, latency_budget_ms=150.0)


class Reader(Scripted):
    """Finds in its cache what it was given in the order of `found`, as shares of 1,000 tokens, and reads 1 in 1 ms."""

    def __init__(self, endpoint_id: str, found: list[float]) -> None:
        super().__init__(endpoint_id, ["x"])
        self._found = iter(found)

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream."""
        cached = round(1000 * next(self._found))
        usage = Usage(1000 - cached, cached, 1, float(1000 - cached), 10.0)
        async with aclosing(super().stream(request)) as chunks:
            async for chunk in chunks:
                yield replace(chunk, usage=usage) if chunk.finish else chunk


async def router_after(*found: float) -> Router:
    """One whose endpoint was sent the same window so many times."""

    def connect(profile: Profile, _config: RouterConfig, _on_status: OnStatus) -> Scripted:
        return Reader(profile.id, list(found))

    router = Router(configured(endpoints={"near": NEAR}), connect=connect)
    for _ in found:
        async with aclosing(router.stream(KEY)) as chunks:
            assert [chunk async for chunk in chunks][-1] != Chunk()
    return router


def predicted_ms(router: Router, **values: str) -> float:
    """The predicted milliseconds to the first content of the window with these values."""
    return router.decide(replace(KEY, prompt=replace(WINDOW, **values))).predicted_ttft_ms


async def test_a_key_in_a_known_window_and_one_in_a_new_window_are_told_apart() -> None:
    """3 characters against all of them, although most keys are of the first kind."""
    router = await router_after(0.0, 0.999, 0.999, 0.999)

    assert predicted_ms(router, middle="value") < 20
    assert predicted_ms(router, path="b.py") > 900
    await router.aclose()


async def test_a_window_that_was_lost_from_the_cache_is_believed_again_once_it_was_read() -> None:
    """A server that was started anew costs one wrong prediction."""
    router = await router_after(0.0, 0.999, 0.0)

    assert predicted_ms(router, middle="value") < 20
    await router.aclose()
