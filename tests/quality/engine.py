"""An engine of the bench's own with a model of choice, as a router sees it and as a bare client does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import psutil

from nearline_router.engine.state import EngineState, running_engines
from nearline_router.fim import template_for
from nearline_router.router import Router
from nearline_server.quality.check import router_for
from tests.quality.documented import Documented

STOP_TIMEOUT_S = 10.0
PATIENCE = httpx2.Timeout(300.0)
# llama.cpp ends a connection behind a streamed answer although it promises to keep it.
FRESH = httpx2.Limits(max_keepalive_connections=0)


@dataclass(frozen=True, slots=True)
class Sides:
    """The two that are compared; `model` is the name that the server gives."""

    model: str
    router: Router
    documented: Documented


def bare_client(state: EngineState) -> httpx2.AsyncClient:
    """What somebody would use who has no router."""
    headers = {"Authorization": f"Bearer {state.key}"}
    return httpx2.AsyncClient(base_url=state.url, headers=headers, timeout=PATIENCE, limits=FRESH, trust_env=False)


@asynccontextmanager
async def started(model: str) -> AsyncIterator[Sides]:
    """Start it in the runtime folder of the environment, which is the bench's own; end it at the end.

    Raises SystemExit with a sentence when it does not start, or when the model cannot fill in the middle.
    """
    router = router_for(model)
    try:
        status = await router.ready()
        template = template_for(status.model)
        if status.state != "ready" or template is None:
            raise SystemExit(f"The bench cannot run: {status.message}")
        (state,) = running_engines()
        async with bare_client(state) as http:
            yield Sides(status.model, router, Documented(http, template))
    finally:
        await router.aclose()
        await asyncio.to_thread(_end)


def _end() -> None:
    processes = [psutil.Process(state.pid) for state in running_engines()]
    for process in processes:
        process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=STOP_TIMEOUT_S)
    for stubborn in alive:
        stubborn.kill()
