"""The model near the user as one endpoint: a llama.cpp server that already runs, else the embedded engine.

A request never waits for an engine to start: until there is one it is answered with EndpointStarting at once,
and `on_status` says what is going on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from nearline_router.engine.supervisor import EngineSupervisor
from nearline_router.errors import (
    EndpointError,
    EndpointStarting,
    EndpointUnavailable,
    EngineError,
    ModelMissing,
    RouterError,
)
from nearline_router.transports.llamacpp import LlamaCpp, ServedModel
from nearline_router.types import Chunks, RoutingRequest

# Keystrokes look for a server that was not there no more often than this.
RETRY_S = 1.0

State = Literal["starting", "ready", "no-model", "unavailable"]


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """How the local endpoint is: `message` is a sentence for the user, `model` what it serves if it is ready."""

    state: State
    message: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A llama.cpp server that may already run: where, and the key it asks for, if any."""

    url: str
    api_key: str | None = None


class LocalEndpoint:
    """Tries `servers` in order, then `engine` (None: there is no embedded engine to fall back to)."""

    def __init__(
        self,
        endpoint_id: str,
        servers: Sequence[Server],
        engine: EngineSupervisor | None,
        on_status: Callable[[LocalStatus], None] = lambda _: None,
    ) -> None:
        self._id = endpoint_id
        self._servers = tuple(servers)
        self._engine = engine
        self._on_status = on_status
        self._transport: LlamaCpp | None = None
        self._connecting: asyncio.Task[None] | None = None
        # Whether the embedded engine is what is connected: one that dies again and again is started ever later.
        self._hosted = False
        self._retry_at_s = 0.0
        self.status = LocalStatus("starting", "not started yet")
        self.served: ServedModel | None = None

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._id

    @property
    def ready(self) -> bool:
        """Whether a server answers."""
        return self._transport is not None

    @property
    def trouble(self) -> str:
        """Why not; "" if it does."""
        return "" if self.ready else self.status.message

    async def begin(self) -> None:
        """Connect, and wait for how that goes."""
        await self.connect()

    def touch(self) -> None:
        """The user is there: look for a server that was not."""
        if self.status.state == "unavailable":
            self.connect()

    def connect(self) -> asyncio.Task[None]:
        """Begin to connect, unless that is going on or done; the task ends when it is ready or has failed."""
        if self._connecting is None or (self._connecting.done() and self._transport is None):
            self._connecting = asyncio.create_task(self._connect())
        return self._connecting

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream. Raises EndpointStarting while nothing is connected."""
        transport = self._transport
        if transport is None:
            self.connect()
            raise EndpointStarting(f"{self._id}: {self.status.message}")
        try:
            async with aclosing(transport.stream(request)) as chunks:
                async for chunk in chunks:
                    self._answered()
                    yield chunk
        except EndpointUnavailable:
            await self._lost(transport)
            raise

    async def aclose(self) -> None:
        """Stop connecting and close connections; the shared engine lives on until it is idle."""
        if self._connecting:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if self._transport:
            await self._transport.aclose()

    def _answered(self) -> None:
        if self._engine and self._hosted:
            self._engine.lived()

    async def _lost(self, transport: LlamaCpp) -> None:
        if self._transport is transport:
            self._transport = None
            if self._engine and self._hosted:
                self._engine.died()
            self._say(LocalStatus("starting", "the local model stopped answering; bringing it back"))
            self.connect()
        await transport.aclose()

    async def _connect(self) -> None:
        if self.status.state != "unavailable":  # a search that goes on and on is no news
            self._say(LocalStatus("starting", "looking for a local model"))
        while self._transport is None:
            back_off_s = self._engine.wait_s if self._engine else 0
            await asyncio.sleep(max(back_off_s, self._retry_at_s - time.monotonic()))
            try:
                self._transport = await self._first_that_answers()
            except RouterError as error:
                state: State = "no-model" if isinstance(error, ModelMissing) else "unavailable"
                self._say(LocalStatus(state, str(error)))
                if not (self._engine and self._engine.wait_s):
                    self._retry_at_s = time.monotonic() + RETRY_S
                    return
        assert self.served is not None  # noqa: S101 (set with the transport)
        self._say(LocalStatus("ready", f"{self.served.name} is ready", self.served.name))

    async def _first_that_answers(self) -> LlamaCpp:
        for server in self._servers:
            if transport := await self._probed(server):
                self._hosted = False
                return transport
        if self._engine is None:
            raise EngineError("no local model server answers, and the embedded engine is switched off")
        self._say(LocalStatus("starting", "starting the local engine"))
        state = await self._engine.ensure()
        if transport := await self._probed(Server(state.url, state.key)):
            self._hosted = True
            return transport
        self._engine.died()
        raise EngineError("the local engine started but does not answer")

    async def _probed(self, server: Server) -> LlamaCpp | None:
        transport = LlamaCpp(self._id, server.url, server.api_key)
        try:
            self.served = await transport.served()
        except BaseException as error:  # a cancel too leaves no connection open
            await transport.aclose()
            if isinstance(error, EndpointError):
                return None
            raise
        return transport

    def _say(self, status: LocalStatus) -> None:
        if status == self.status:
            return
        self.status = status
        self._on_status(status)
