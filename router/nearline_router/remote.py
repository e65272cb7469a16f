"""An endpoint that speaks HTTP with a key: its connections are opened when they are first wanted, and kept warm."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing

import httpx2

from nearline_router.config.keys import api_key
from nearline_router.errors import EndpointUnauthorized, RouterError
from nearline_router.registry.profile import Profile
from nearline_router.transports.build import auth_headers, base_url, transport, warm_path
from nearline_router.types import Chunks, Endpoint, RoutingRequest
from nearline_router.warm.session import Session


class RemoteEndpoint:
    """One endpoint over a Session. The key is looked up in a thread, since a keyring may ask the user."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._opening = asyncio.Lock()
        self._transport: Endpoint | None = None
        self.session: Session | None = None

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._profile.id

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream. Raises EndpointUnauthorized when the named key is not there."""
        _, endpoint = await self._opened()
        async with aclosing(endpoint.stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    @property
    def ready(self) -> bool:
        """Always: a connection that is not warm is only slower."""
        return True

    @property
    def trouble(self) -> str:
        """Never any before it was asked."""
        return ""

    async def begin(self) -> None:
        """Open and authenticate a connection, and keep it warm while the user is there."""
        with contextlib.suppress(RouterError, httpx2.HTTPError):
            session, _ = await self._opened()
            session.touch()
            await session.warm()

    def touch(self) -> None:
        """The user is there: keep it warm."""
        if self.session:
            self.session.touch()

    async def aclose(self) -> None:
        """Close every connection."""
        if self.session:
            await self.session.aclose()

    async def _opened(self) -> tuple[Session, Endpoint]:
        async with self._opening:
            if self.session is None or self._transport is None:
                key = await self._key()
                self.session = _session(self._profile, key)
                self._transport = transport(self._profile, self.session)
            return self.session, self._transport

    async def _key(self) -> str | None:
        profile = self._profile
        if not (profile.api_key_env or profile.api_key_keyring):
            return None
        key = await asyncio.to_thread(api_key, profile)
        if not key:
            where = f"set {profile.api_key_env}" if profile.api_key_env else f"keyring entry {profile.api_key_keyring}"
            raise EndpointUnauthorized(f"{profile.id}: it has no key; {where}")
        return key


def _session(profile: Profile, key: str | None) -> Session:
    return Session(
        profile.id,
        base_url(profile),
        auth_headers(profile, key),
        local=profile.local,
        http2=profile.http_version == "2",
        ca_file=profile.ca_file,
        warm_path=warm_path(profile),
    )
