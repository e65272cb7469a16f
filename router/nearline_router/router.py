"""The router: which endpoint may and should answer a request, and the stream from it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from nearline_router.admission import Admission
from nearline_router.config import EndpointConfig, RouterConfig, load_config
from nearline_router.engine.catalogue import MODELS, Model
from nearline_router.engine.host import EngineParams
from nearline_router.engine.state import runtime_dir
from nearline_router.engine.store import ModelStore
from nearline_router.engine.supervisor import EngineSupervisor
from nearline_router.errors import NoEndpoint
from nearline_router.local import LocalEndpoint, LocalStatus, Server
from nearline_router.planner import Speed
from nearline_router.types import Chunks, RoutingRequest

# Where llama-server listens by default, and where its fill-in-the-middle presets do.
DISCOVERED = (Server("http://127.0.0.1:8080"), Server("http://127.0.0.1:8012"))


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a request goes and why. `fallbacks` are asked in order if `endpoint` fails before its first text."""

    endpoint: str
    rule: str
    rationale: str
    fallbacks: tuple[str, ...] = ()


class Router:
    """Endpoints behind one door. In this release there is one that completes: the local one."""

    def __init__(self, config: RouterConfig, on_status: Callable[[LocalStatus], None] = lambda _: None) -> None:
        self.config = config
        name, endpoint = _local(config)
        params = _engine_params(config)
        supervisor = EngineSupervisor(params) if params else None
        self.local = LocalEndpoint(name, _servers(config, endpoint), supervisor, on_status)
        concurrency = endpoint.max_concurrency if endpoint else 1
        self.speed = Speed()
        self._admitted = Admission(self.local, concurrency, runtime_dir())

    @classmethod
    def from_file(cls, path: str | Path | None, on_status: Callable[[LocalStatus], None] = lambda _: None) -> Router:
        """A router as configured; None is the default configuration. Raises ConfigError."""
        return cls(load_config(Path(path)) if path else RouterConfig(), on_status)

    @property
    def engine_params(self) -> EngineParams | None:
        """What the embedded engine is started with; None when the configuration switches it off."""
        return _engine_params(self.config)

    @property
    def model(self) -> Model | None:
        """The catalogue's entry for the embedded engine's model; None when a file is configured."""
        return _catalogued(self.config)

    def decide(self, request: RoutingRequest) -> Decision:
        """Pure and synchronous. Raises NoEndpoint."""
        if request.complexity == "complex":
            raise NoEndpoint("complex work needs a frontier endpoint, and this release has local ones only")
        rule = "residency" if request.requires_data_sovereignty else "local"
        return Decision(self.local.id, rule, "Completions are answered by the model near the user.")

    async def stream(self, request: RoutingRequest) -> Chunks:
        """The answer, piece by piece. Raises RouterError; closing it ends the work at the endpoint."""
        self.decide(request)
        async with aclosing(self._admitted.stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def ready(self) -> LocalStatus:
        """Connect, or wait for it to end either way; says how that went."""
        await self.local.connect()
        return self.local.status

    async def aclose(self) -> None:
        """Close connections and end what is going on."""
        await self.local.aclose()


def _local(config: RouterConfig) -> tuple[str, EndpointConfig | None]:
    for name, endpoint in config.endpoints.items():
        if endpoint.is_local:
            return name, endpoint
    return "local", None


def _servers(config: RouterConfig, endpoint: EndpointConfig | None) -> tuple[Server, ...]:
    named: tuple[Server, ...] = ()
    if endpoint and endpoint.host:
        key = os.environ.get(endpoint.api_key_env) if endpoint.api_key_env else None
        named = (Server(endpoint.host, key),)
    return named + (DISCOVERED if config.engine.discover else ())


def _engine_params(config: RouterConfig) -> EngineParams | None:
    engine = config.engine
    if not engine.enabled:
        return None
    model = _catalogued(config)
    path = ModelStore().path(model) if model else Path(engine.model).expanduser()
    return EngineParams(str(path), str(runtime_dir()), engine.context_tokens, engine.idle_s, engine.threads)


def _catalogued(config: RouterConfig) -> Model | None:
    return next((model for model in MODELS if model.id == config.engine.model), None)
