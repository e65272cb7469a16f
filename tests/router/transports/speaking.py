"""Asking the transports that are built from a profile, for their tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from nearline_router.config.endpoint import EndpointConfig
from nearline_router.config.models import RouterConfig
from nearline_router.errors import EndpointError
from nearline_router.registry.profile import Profile, profiles
from nearline_router.transports.build import auth_headers, base_url, transport
from nearline_router.types import Chat, Chunk, Endpoint, Infill, Message, Prompt, RoutingRequest
from nearline_router.warm.session import Session
from tests.fault_server import FaultServer

KEY = "sk-very-secret"
CODE = "the users own code"
MODEL = "qwen2.5-coder-7b"
HOLE = Infill("def f():\n", "    retu", "\n", "a.py", "python")
CHAT = Chat("be brief", (Message("user", CODE), Message("assistant", "yes"), Message("user", "go on")))


def profile(provider: str = "vllm", host: str = "http://127.0.0.1:1", **more: Any) -> Profile:
    """The profile of one endpoint named `there`."""
    config = EndpointConfig.model_validate({"provider": provider, "host": host, "model": MODEL, "role": "both"} | more)
    return profiles(RouterConfig(endpoints={"there": config}))[0]


def ask(prompt: Prompt = CHAT, max_output_tokens: int = 16, warm_up: bool = False) -> RoutingRequest:
    """One request."""
    return RoutingRequest(prompt, max_output_tokens, warm_up=warm_up)


@asynccontextmanager
async def speaking(server: FaultServer, provider: str = "vllm", **more: Any) -> AsyncIterator[Endpoint]:
    """A provider's transport to a server that runs."""
    async with server:
        there = profile(provider, server.url, **more)
        session = Session(there.id, base_url(there), auth_headers(there, KEY), local=True)
        yield transport(there, session)
        await session.aclose()


async def chunks(endpoint: Endpoint, request: RoutingRequest) -> list[Chunk]:
    """The whole answer, piece by piece."""
    async with aclosing(endpoint.stream(request)) as stream:
        return [chunk async for chunk in stream]


async def text(endpoint: Endpoint, request: RoutingRequest) -> str:
    """The whole answer."""
    return "".join([chunk.text for chunk in await chunks(endpoint, request)])


async def last(endpoint: Endpoint, request: RoutingRequest) -> Chunk:
    """The chunk that ends the answer."""
    return (await chunks(endpoint, request))[-1]


async def failure(endpoint: Endpoint, request: RoutingRequest) -> EndpointError:
    """The error that the request ends with."""
    with pytest.raises(EndpointError) as caught:
        await chunks(endpoint, request)
    return caught.value


async def sent(provider: str, request: RoutingRequest, **more: Any) -> dict[str, Any]:
    """The body that a provider is sent for a request."""
    async with speaking(server := FaultServer(), provider, **more) as endpoint:
        await chunks(endpoint, request)
    return server.asked[0].body
