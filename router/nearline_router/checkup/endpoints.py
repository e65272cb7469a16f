"""Every endpoint of a configuration asked how it is, all at once and within a few seconds."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nearline_router.checkup.servers import Told, told
from nearline_router.checkup.speed import Measured, measured
from nearline_router.config.keys import find_key
from nearline_router.config.models import RouterConfig
from nearline_router.connect import DISCOVERED, engine_params
from nearline_router.engine.state import read_state
from nearline_router.errors import EndpointError, RouterError
from nearline_router.local import LocalEndpoint, Server
from nearline_router.registry.profile import Profile, profiles
from nearline_router.router import Router
from nearline_router.transports.build import auth_headers, base_url
from nearline_router.warm.session import Session

# All that one endpoint is asked must come within this time.
LIMIT_S = 5.0

STANDS_IN = "stands in where no other local endpoint may answer"
STAYS = "it is not local, and nothing may leave"
NO_KEY = "it has no key"
NOT_RUNNING = "no model server runs here; the embedded engine starts with the first completion"


@dataclass(frozen=True, slots=True)
class Checkup:
    """How one endpoint is. `trouble` says why it fails, or why it was not asked.

    `key` names where its key comes from, or should, "" if it needs none; `key_missing` is why there is none, "" if
    there is one. `speed` is measured for llama.cpp only.
    """

    endpoint: str
    provider: str
    model: str | None
    local: bool
    completes: bool
    state: Literal["answers", "fails", "not asked"] = "not asked"
    trouble: str = ""
    key: str = ""
    key_missing: str = ""
    configured_context_tokens: int | None = None
    told: Told | None = None
    speed: Measured | None = None


async def checkups(
    config: RouterConfig,
    *,
    offline: bool = False,
    limit_s: float = LIMIT_S,
    nonce: Callable[[], str] = lambda: secrets.token_hex(8),
) -> list[Checkup]:
    """One for each endpoint, in the configuration's order. `offline`: ask local ones only.

    A llama.cpp server generates a few tokens; nobody else is sent a prompt. Nothing is started.
    """
    closed = offline or config.offline or config.residency.everything
    return await asyncio.gather(*(_Examination(one, config, limit_s, nonce()).run(closed) for one in profiles(config)))


class _Examination:
    """Of one endpoint."""

    def __init__(self, profile: Profile, config: RouterConfig, limit_s: float, nonce: str) -> None:
        self._profile = profile
        self._config = config
        self._limit_s = limit_s
        self._until_s = asyncio.get_running_loop().time() + limit_s
        self._nonce = nonce
        self._found = Checkup(
            profile.id,
            profile.provider,
            profile.model,
            profile.local,
            profile.completes,
            configured_context_tokens=profile.context_tokens,
        )

    async def run(self, closed: bool) -> Checkup:
        """What was found; never raises for what an endpoint does."""
        if self._profile.stand_in:
            return self._say(trouble=STANDS_IN)
        try:
            async with asyncio.timeout_at(self._until_s):
                server = await self._answering(closed)
            if server and self._profile.protocol == "llamacpp":
                await self._measure(server)
        except TimeoutError:
            return self._say(state="fails", trouble=f"no answer within {self._limit_s:g} s")
        except RouterError as error:
            return self._say(state="fails", trouble=str(error).removeprefix(f"{self._profile.id}: "))
        return self._found

    async def _answering(self, closed: bool) -> Server | None:
        """The server that answers; None if nobody was asked, or none runs of those that may or may not."""
        profile, key = self._profile, await asyncio.to_thread(find_key, self._profile)
        if profile.api_key_env or profile.api_key_keyring:
            self._say(key=key.state.where, key_missing=key.state.reason)
        if closed and not profile.local:
            self._say(trouble=STAYS)
        elif self._found.key_missing and profile.protocol != "llamacpp":
            self._say(trouble=NO_KEY)
        elif profile.host:
            return await self._told(Server(profile.host, key.value))
        else:
            return await self._running()
        return None

    async def _running(self) -> Server | None:
        """The first that answers, in the built-in endpoint's own order."""
        params = engine_params(self._config)
        engine = await asyncio.to_thread(read_state, Path(params.runtime_dir)) if params else None
        hosted = (Server(engine.url, engine.key),) if engine else ()
        for server in (*(DISCOVERED if self._config.engine.discover else ()), *hosted):
            with suppress(EndpointError):
                return await self._told(server)
        self._say(trouble=NOT_RUNNING)
        return None

    async def _told(self, server: Server) -> Server:
        profile = replace(self._profile, host=server.url)
        # Without a warm path the session sends nothing but what is asked of it.
        session = Session(
            profile.id,
            base_url(profile),
            auth_headers(profile, server.api_key),
            local=profile.local,
            http2=profile.http_version == "2",
            ca_file=profile.ca_file,
        )
        try:
            self._say(state="answers", told=await told(profile, session))
        finally:
            await session.aclose()
        return server

    async def _measure(self, server: Server) -> None:
        """Through the queue that a router would take, so that the slots of other windows are kept."""
        router = await asyncio.to_thread(
            Router, self._config, connect=lambda one, *_: LocalEndpoint(one.id, [server], None)
        )
        upstream = router.upstreams[self._profile.id]
        try:
            await upstream.endpoint.begin()
            self._say(speed=await measured(upstream.admission, self._nonce, self._until_s))
        finally:
            await upstream.endpoint.aclose()

    def _say(self, **more: object) -> Checkup:
        self._found = replace(self._found, **more)  # type: ignore[arg-type]
        return self._found
