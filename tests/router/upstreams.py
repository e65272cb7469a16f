"""Upstreams over scripted endpoints, on the event loop's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from nearline_router.config.models import CircuitBreakerConfig
from nearline_router.errors import RouterError
from nearline_router.registry.profile import Profile
from nearline_router.transports.scripted import Scripted, Step
from nearline_router.types import Chunk, Chunks, RoutingRequest
from nearline_router.upstream import Upstream
from tests.router.policy.worlds import endpoint

REQUEST = RoutingRequest("hi", 8, task="ask")
ENDPOINT, _ = endpoint("any", provider="openai-compatible", host="https://any.example", cost_per_mtok=1)


def upstream(name: str, *script: Step, slots: int = 4, local: bool = False) -> tuple[Upstream, Scripted]:
    """An endpoint that always plays this script."""
    clock = asyncio.get_running_loop().time
    scripted = Scripted(name, script or ("ok",))
    profile: Profile = replace(ENDPOINT, id=name, local=local, max_concurrency=slots)
    return Upstream(profile, scripted, CircuitBreakerConfig(), clock), scripted


async def heard(chunks: Chunks) -> tuple[str, list[str], RouterError | None]:
    """The text, who was asked, and how it failed if it did."""
    seen: list[Chunk] = []
    failure = None
    try:
        async with aclosing(chunks):
            async for chunk in chunks:
                seen.append(chunk)  # noqa: PERF401 (kept also when it ends in an error)
    except RouterError as error:
        failure = error
    return "".join(one.text for one in seen), [one.endpoint for one in seen if one.endpoint], failure


def asked(scripteds: Sequence[Scripted]) -> list[int]:
    """How often each was."""
    return [len(scripted.history) for scripted in scripteds]
