"""The HTTP connections to one endpoint: open and authenticated before they are needed, and kept so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2

from nearline_router.warm.background import Background
from nearline_router.warm.cancel import Exchange
from nearline_router.warm.client import load_client
from nearline_router.warm.keep import KeepWarm
from nearline_router.warm.network import Network, Socket
from nearline_router.warm.pools import Pools

# A connection on which not even a warm-up is answered in this time is dead, and had better be closed.
WARM_UP_TIMEOUT = httpx2.Timeout(5.0)
# Where a cancel costs the connection (HTTP/1.1), the next one has to be open already, and one more while that opens.
SPARE_CONNECTIONS = 2
# What a connection says that died while nobody looked.
DIED = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError, httpx2.ReadTimeout)


@dataclass(frozen=True, slots=True)
class Warmed:
    """How a warm-up went: `took_ms` until the endpoint's answer, and the HTTP status of that; 401 is a wrong key."""

    took_ms: float
    status: int


class Session:
    """One endpoint's connections. `headers` authenticate every request; a local endpoint is never asked by proxy.

    `warm_path` names a cheap GET that needs the key (`/models`); without it connections are opened by the requests
    that need them, and nothing is kept warm. `http2` offers HTTP/2 over TLS; the endpoint may choose HTTP/1.1.
    `ca_file` (PEM) replaces the system's certificate authorities. Nothing is read or opened before the first use.
    """

    def __init__(
        self,
        endpoint_id: str,
        base_url: str,
        headers: Mapping[str, str],
        *,
        local: bool,
        http2: bool = False,
        ca_file: str | None = None,
        warm_path: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.endpoint_id = endpoint_id
        self._load = partial(load_client, endpoint_id, base_url, headers, local=local, http2=http2, ca_file=ca_file)
        self._warm_path = warm_path
        self._clock = clock
        self._background = Background()
        self._network = Network(self._noticed)
        self._keep = KeepWarm(self.warm if warm_path else None, self._background, clock, sleep)
        self._opened: tuple[httpx2.AsyncClient, Pools] | None = None
        self._opening: asyncio.Task[tuple[httpx2.AsyncClient, Pools]] | None = None
        self._warming: asyncio.Task[Warmed] | None = None
        # Whether requests share one connection; known when the first answer is there.
        self._shared = http2

    def touch(self) -> None:
        """The user is there: what is cold is opened, and kept warm until nothing was touched for 5 minutes.

        Takes microseconds, so every keystroke may call it; only on the event loop.
        """
        self._keep.touch()

    async def warm(self) -> Warmed | None:
        """Open and authenticate connections now; None without a `warm_path`. While one runs, callers share it.

        Raises httpx2's transport errors, and ConfigError for a bad `ca_file`; in the background both are only logged.
        """
        if not self._warm_path:
            return None
        if self._warming is None or self._warming.done():
            self._warming = self._background.start(self._warm(self._warm_path))
            self._warming.add_done_callback(lambda _: self._replenish())
        return await asyncio.shield(self._warming)

    @asynccontextmanager
    async def stream(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[httpx2.Response]:
        """POST `body` as JSON; leaving before the answer's end ends the work at the endpoint.

        On HTTP/1.1 that closes the connection, so read to the end, past any end mark, what is to be kept.
        Raises httpx2's errors, and ConfigError for a bad `ca_file`.
        """
        async with self._asked("POST", path, json=dict(body)) as response:
            yield response

    async def get(self, path: str) -> httpx2.Response:
        """A small authenticated GET. Raises httpx2's errors, and ConfigError for a bad `ca_file`."""
        async with self._asked("GET", path) as response:
            await response.aread()
        return response

    async def aclose(self) -> None:
        """Close every connection, and end everything that goes on in the background."""
        self._background.closed = True
        if self._opening:
            await asyncio.wait([self._opening])
        if self._opened:
            await self._opened[0].aclose()
        await self._background.aclose()

    @asynccontextmanager
    async def _asked(self, method: str, path: str, **rest: Any) -> AsyncIterator[httpx2.Response]:
        """A request of the user's, which tells that somebody is there and that the connection is in use."""
        with self._keep.in_use():
            async with self._answer(method, path, **rest) as response:
                self._replenish()
                yield response

    @asynccontextmanager
    async def _answer(self, method: str, path: str, **rest: Any) -> AsyncIterator[httpx2.Response]:
        client, pools = self._opened or await self._open()
        request = client.build_request(method, path, **rest)
        try:
            response = await Exchange(pools, self._background).send(client, request)
            self._keep.answered()
            self._shared = response.http_version == "HTTP/2"
            try:
                yield response
            finally:
                await response.aclose()
        except httpx2.TransportError:
            await pools.sweep()
            raise

    async def _open(self) -> tuple[httpx2.AsyncClient, Pools]:
        if self._opening is None or self._opening.done():
            self._opening = self._background.start(self._load_and_keep())
        return await asyncio.shield(self._opening)

    async def _load_and_keep(self) -> tuple[httpx2.AsyncClient, Pools]:
        client = await asyncio.to_thread(self._load)
        self._opened = client, Pools(client, self._network, self._background)
        return self._opened

    async def _warm(self, path: str) -> Warmed:
        start_s = self._clock()
        count = 1 if self._shared else SPARE_CONNECTIONS
        statuses = await asyncio.gather(*(self._knock(path) for _ in range(count)))
        if count == 1 and not self._shared:  # HTTP/2 was offered, HTTP/1.1 chosen
            await asyncio.gather(*(self._knock(path) for _ in range(SPARE_CONNECTIONS)))
        return Warmed((self._clock() - start_s) * 1000, statuses[0])

    async def _knock(self, path: str) -> int:
        """The status of a GET by an open connection, which may have died unseen, else by a new one."""
        try:
            return await self._status(path)
        except DIED:
            return await self._status(path)

    async def _status(self, path: str) -> int:
        async with self._answer("GET", path, timeout=WARM_UP_TIMEOUT) as response:
            await response.aread()
        return response.status_code

    def _replenish(self) -> None:
        """Open what is missing: a connection, or on HTTP/1.1 as many idle ones as are worth having."""
        enough = 1 if self._shared else self._keep.running + SPARE_CONNECTIONS
        if len(self._network.open) < enough:
            self._keep.reopen()

    def _noticed(self, socket: Socket) -> None:
        if not self._background.closed:
            self._background.start(self._attend(socket))

    async def _attend(self, socket: Socket) -> None:
        if self._opened:
            await self._opened[1].attend(socket)
        self._replenish()
