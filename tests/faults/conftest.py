"""A router with real endpoints in front of servers on loopback, on a clock that stands still.

Whatever waits for a timer there waits for ever, so a test that ends shows that nothing did.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from nearline_router.breaker import Breaker
from nearline_router.config import RouterConfig
from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_router.types import RoutingRequest
from nearline_router.upstream import Upstream
from tests.fault_server import End, FaultServer, Text
from tests.fault_server import _reset as reset
from tests.faults.matrix import NEW_YEAR_S, SECOND, Row, Verdict
from tests.tls_server import TlsServer
from tests.waiting import settle

T = TypeVar("T")

REQUEST = RoutingRequest("hi", 8, task="ask")
SECRET = replace(REQUEST, requires_data_sovereignty=True)
FALLBACK_MS = 2000
POLL_S, GIVE_UP_AFTER = 0.005, 4000


class StillLoop(asyncio.SelectorEventLoop):
    """An event loop for real sockets on whose clock no time passes but by `pass_ms`."""

    def __init__(self) -> None:
        super().__init__()
        self._now_ms = 1_000_000

    def time(self) -> float:
        """Seconds that were made to pass."""
        return self._now_ms / 1000

    def pass_ms(self, ms: int) -> None:
        """Let time pass: what was to happen meanwhile happens now."""
        self._now_ms += ms


@dataclass
class Clock:
    """A clock beside the loop's."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        """See `now_s`."""
        return self.now_s


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The matrix alone has the still clock."""
    return {"still": StillLoop} if item.path.stem.startswith("test_matrix") else {"usual": asyncio.new_event_loop}


@dataclass(frozen=True)
class Heard:
    """What became of a request: its text, who was asked, the error's text, and ms until the first text."""

    text: str
    asked: list[str]
    error: str
    lost_ms: float | None


@dataclass
class World:
    """A router whose first choice is `first`, and the server behind `second`."""

    router: Router
    second: FaultServer
    loop: StillLoop

    @property
    def first(self) -> Upstream:
        """The endpoint with the fault."""
        return self.router.upstreams["first"]

    @property
    def breaker(self) -> Breaker:
        """Its breaker."""
        return self.first.breaker

    @property
    def verdict(self) -> Verdict:
        """What its breaker makes of what happened; only a failure that counts leaves its text there."""
        breaker = self.breaker
        open_s = None if breaker.open_until_s is None else breaker.open_until_s - self.loop.time()
        return Verdict(bool(breaker.last_failure), open_s, bool(breaker.attention))

    async def ask(self, request: RoutingRequest = REQUEST) -> Heard:
        """One request to its end, whatever that is."""
        pieces: list[str] = []
        error = ""
        try:
            await read(self.router, pieces, request)
        except RouterError as failure:
            error = str(failure)
        last = self.router.last
        assert last is not None
        return Heard("".join(pieces), list(last.asked), error, last.ttft_ms)


async def read(router: Router, pieces: list[str], request: RoutingRequest = REQUEST) -> None:
    """Read an answer into `pieces`. Raises RouterError."""
    async with aclosing(router.stream(request)) as chunks:
        async for chunk in chunks:
            pieces.append(chunk.text)  # noqa: PERF401 (kept also when it ends in an error)


async def until(condition: Callable[[], T], what: str) -> T:
    """The condition's first true value; real time passes meanwhile, the loop's does not."""
    for _ in range(GIVE_UP_AFTER):
        if found := condition():
            return found
        await asyncio.to_thread(time.sleep, POLL_S)
    pytest.fail(f"waited in vain for: {what}")


class Resets(FaultServer):
    """Resets the connection when a request has been read, before any byte of an answer."""

    async def _answer(self, request: Any, _reader: Any, writer: Any) -> bool:
        method, asked = request
        self.asked += [asked] if method == "POST" else []
        reset(writer)
        return False


Opened = Callable[..., Awaitable[World]]
Faulty = Callable[[Row], Awaitable[tuple[Mapping[str, Any], FaultServer | None]]]


@pytest.fixture
async def still() -> StillLoop:
    """The clock."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, StillLoop)
    return loop


@pytest.fixture
def clock() -> Clock:
    """A clock for the router alone."""
    return Clock()


@pytest.fixture
async def servers() -> AsyncIterator[AsyncExitStack]:
    """Servers that outlive the router."""
    async with AsyncExitStack() as servers:
        yield servers

        # A connection that was just accepted is seen by its server before that is gone.
        await settle()


@pytest.fixture
def faulty(servers: AsyncExitStack, tmp_path: Path) -> Faulty:
    """Starts what a row is about: the configuration of that endpoint, and its server if it counts requests."""

    async def started(row: Row) -> tuple[Mapping[str, Any], FaultServer | None]:
        if row.where == "expired":
            tls = await servers.enter_async_context(TlsServer(tmp_path, expired=True))
            return {"provider": row.provider, "host": f"{tls.url}/v1", "ca_file": tls.ca_file}, None
        if row.where == "nameless":
            return {"provider": row.provider, "host": "http://nowhere.invalid/v1"}, None
        server = Resets() if row.where == "resets" else FaultServer(default=row.steps)
        await servers.enter_async_context(server)
        if row.where == "gone":
            await server.stop()
        return place(server, row.provider), server

    return started


@pytest.fixture
async def server(servers: AsyncExitStack) -> FaultServer:
    """The server behind `first` where the test tells it what to play."""
    return await servers.enter_async_context(FaultServer())


@pytest.fixture
async def second(servers: AsyncExitStack) -> FaultServer:
    """A server that is well."""
    return await servers.enter_async_context(FaultServer(default=(Text(SECOND[:5]), Text(SECOND[5:]), End())))


@pytest.fixture
async def world(second: FaultServer, still: StillLoop) -> AsyncIterator[Opened]:
    """Makes routers: `await world(first)` with the configuration of `first`; `alone`: there is no second."""
    async with AsyncExitStack() as closing:

        async def opened(
            first: Mapping[str, Any], *, alone: bool = False, clock: Callable[[], float] = still.time, **policy: Any
        ) -> World:
            endpoints = {"first": {"local": False, "model": "m", "cost_per_mtok": 1, **first}}
            if not alone:
                endpoints["second"] = place(second) | {"cost_per_mtok": 2}
            router = Router(configured(endpoints, **policy), clock=clock)
            closing.push_async_callback(router.aclose)
            return World(router, second, still)

        yield opened


def configured(endpoints: Mapping[str, Mapping[str, Any]], **policy: Any) -> RouterConfig:
    """A configuration of these endpoints and nothing else."""
    values = {"fallback_timeout_ms": FALLBACK_MS, **policy}
    engine = {"enabled": False, "discover": False}
    return RouterConfig.model_validate({"endpoints": endpoints, "engine": engine, "routing_policy": values})


def place(server: FaultServer, provider: str = "openai-compatible") -> dict[str, Any]:
    """The configuration of an endpoint at that server."""
    host = server.url + ("/v1" if provider == "openai-compatible" else "")
    return {"provider": provider, "host": host, "local": False, "model": "m"}


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, no proxy, no name server, and a known date."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-any")
    monkeypatch.setattr("nearline_router.transports.retry_after.time", SimpleNamespace(time=lambda: NEW_YEAR_S))
    resolve = socket.getaddrinfo

    def known(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", known)
