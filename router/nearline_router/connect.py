"""What a profile becomes at run time: an endpoint with connections of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from nearline_router.config.models import EngineConfig, RouterConfig
from nearline_router.engine.catalogue import MODELS, Model
from nearline_router.engine.host import EngineParams
from nearline_router.engine.state import engine_dir
from nearline_router.engine.store import ModelStore
from nearline_router.engine.supervisor import EngineSupervisor
from nearline_router.local import LocalEndpoint, LocalStatus, Server
from nearline_router.registry.profile import Profile
from nearline_router.remote import RemoteEndpoint
from nearline_router.types import Endpoint

# Where llama-server listens by default, and where its fill-in-the-middle presets do.
DISCOVERED = (Server("http://127.0.0.1:8080"), Server("http://127.0.0.1:8012"))

OnStatus = Callable[[LocalStatus], None]


class Connected(Endpoint, Protocol):
    """An endpoint with connections. `trouble` says why it is not `ready`."""

    @property
    def ready(self) -> bool:
        """Whether a request can be sent at once."""
        ...

    @property
    def trouble(self) -> str:
        """Why not; "" if it is."""
        ...

    async def begin(self) -> None:
        """Connect before the first request; what fails is left to that request."""
        ...

    def touch(self) -> None:
        """The user is there: stay connected."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


Connect = Callable[[Profile, RouterConfig, OnStatus], Connected]


def connect(profile: Profile, config: RouterConfig, on_status: OnStatus) -> Connected:
    """The endpoint of a profile. Nothing is connected yet."""
    if profile.protocol != "llamacpp":
        return RemoteEndpoint(profile)
    if profile.host:
        key = os.environ.get(profile.api_key_env) if profile.api_key_env else None
        return LocalEndpoint(profile.id, [Server(profile.host, key)], None, on_status)
    params = engine_params(config)
    supervisor = EngineSupervisor(params) if params else None
    return LocalEndpoint(profile.id, DISCOVERED if config.engine.discover else (), supervisor, on_status)


def engine_params(config: RouterConfig) -> EngineParams | None:
    """What the embedded engine is started with; None when the configuration switches it off."""
    engine = config.engine
    if not engine.enabled:
        return None
    model = catalogued(config)
    path = ModelStore().path(model) if model else Path(engine.model).expanduser()
    folder = engine_dir(None if engine.model == EngineConfig().model else engine.model)
    return EngineParams(str(path), str(folder), engine.context_tokens, engine.idle_s, engine.threads)


def catalogued(config: RouterConfig) -> Model | None:
    """The catalogue's entry for the embedded engine's model; None when a file is configured."""
    return next((model for model in MODELS if model.id == config.engine.model), None)
