"""An engine of the bench's own: started as the product starts it, in a runtime folder of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, find_model
from nearline_router.engine.host import EngineParams
from nearline_router.engine.state import EngineState, read_state
from nearline_router.engine.store import ModelStore
from nearline_router.errors import ModelStoreError
from nearline_server.cli.ready import connected, open_router

# No server that already runs is looked for; a bench that was killed leaves its engine for minutes at most.
CONFIG = "engine: {{discover: false, idle_s: 300, model: {model}}}\n"
STOP_TIMEOUT_S = 10.0
PATIENCE = httpx2.Timeout(120.0)
# llama.cpp ends a connection behind a streamed answer although it promises to keep it.
FRESH = httpx2.Limits(max_keepalive_connections=0)


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine: `config` is the file that leads `nearline` to it, `http` a client of its server."""

    config: str
    params: EngineParams
    state: EngineState
    http: httpx2.AsyncClient

    async def quiet(self, seconds: float = 0.0) -> None:
        """Wait until it has had nothing to do for so long; the work of one key must not run into the next."""
        still = 0.0
        while still <= seconds:
            still = 0.0 if await self._works() else still + 0.01
            await asyncio.sleep(0.01)

    async def _works(self) -> bool:
        metrics = (await self.http.get("/metrics")).text.splitlines()
        gauges = ("llamacpp:requests_processing", "llamacpp:requests_deferred")
        return any(line.startswith(gauges) and float(line.split()[-1]) > 0 for line in metrics)


def bare_client(url: str, key: str | None) -> httpx2.AsyncClient:
    """What somebody would use who has no router; a connection of its own for each request, as with curl."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE, limits=FRESH, trust_env=False)


def require_installed(model_id: str) -> None:
    """Raises ModelStoreError, which says what to do, where a model of the catalogue is not here or there is none."""
    if not ModelStore().installed(find_model(model_id)):
        raise ModelStoreError(f"{model_id} is not installed; get it with `nearline model pull {model_id}`")


@asynccontextmanager
async def started(folder: Path, model: str = DEFAULT_MODEL_ID) -> AsyncIterator[Engine]:
    """Start it, fetching the model first where it is missing (which is said and shown); end it at the end."""
    config = folder / "engine.yaml"
    config.write_text(CONFIG.format(model=model))
    router = open_router(str(config))
    params = router.engine_params
    assert params is not None
    try:
        await connected(router)
        state = read_state(Path(params.runtime_dir))
        assert state is not None
        async with bare_client(state.url, state.key) as http:
            yield Engine(str(config), params, state, http)
    finally:
        await router.aclose()
        await asyncio.to_thread(_end, Path(params.runtime_dir))


def _end(runtime_dir: Path) -> None:
    state = read_state(runtime_dir)
    if state is None:
        return
    process = psutil.Process(state.pid)
    process.terminate()
    _, alive = psutil.wait_procs([process], timeout=STOP_TIMEOUT_S)
    for stubborn in alive:
        stubborn.kill()
