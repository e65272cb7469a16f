"""Asking llama.cpp's transport, for its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from nearline_router.errors import EndpointError
from nearline_router.transports.llamacpp import LlamaCpp
from nearline_router.types import Chunk, Infill, Priority, RoutingRequest
from tests.raw_llama import RawLlama

KEY = "sk-very-secret"
CODE = "the users own code"
COMPLETION = "POST /completion"


def infill(middle: str = "    retu", prefix: str = "def f():\n", suffix: str = "\n", multiline: bool = False) -> Infill:
    """A hole in a small Python file."""
    return Infill(prefix, middle, suffix, "a.py", "python", multiline)


def ask(prompt: str | Infill, max_output_tokens: int = 16, warm_up: bool = False) -> RoutingRequest:
    """A keystroke's request."""
    priority = Priority.WARM_UP if warm_up else Priority.TYPING
    return RoutingRequest(prompt, max_output_tokens, priority=priority, warm_up=warm_up)


@asynccontextmanager
async def talking(server: RawLlama, key: str | None = None) -> AsyncIterator[LlamaCpp]:
    """The transport to a server that runs."""
    async with server:
        endpoint = LlamaCpp("local", server.url, key)
        yield endpoint
        await endpoint.aclose()


async def chunks(endpoint: LlamaCpp, request: RoutingRequest) -> list[Chunk]:
    """The whole answer, piece by piece."""
    async with aclosing(endpoint.stream(request)) as stream:
        return [chunk async for chunk in stream]


async def text(endpoint: LlamaCpp, request: RoutingRequest) -> str:
    """The whole answer."""
    return "".join([chunk.text for chunk in await chunks(endpoint, request)])


async def failure(endpoint: LlamaCpp, request: RoutingRequest) -> EndpointError:
    """The error that the request ends with."""
    with pytest.raises(EndpointError) as caught:
        await chunks(endpoint, request)
    return caught.value


def control(spelling: str) -> int:
    """The scripted server's token of a control text."""
    return 100_000 + sum(map(ord, spelling)) % 50_000
