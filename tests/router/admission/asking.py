"""Requests to a queue, told apart by their prompts."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from nearline_router.admission import Admission
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Priority, RoutingRequest
from tests.waiting import settle


def ask(
    prompt: str, priority: Priority = Priority.TYPING, supersedes: str | None = None, warm_up: bool = False
) -> RoutingRequest:
    """A request that is told apart by its prompt."""
    return RoutingRequest(prompt, 8, priority=priority, supersedes=supersedes, warm_up=warm_up)


async def answer(admission: Admission, request: RoutingRequest) -> str:
    """The whole text."""
    async with aclosing(admission.stream(request)) as chunks:
        return "".join([chunk.text async for chunk in chunks])


async def start(admission: Admission, request: RoutingRequest) -> asyncio.Task[str]:
    """A request that has got as far as it can by itself."""
    task = asyncio.create_task(answer(admission, request))
    await settle()
    return task


def asked(inner: Scripted) -> list[object]:
    """The prompts in the order in which they reached the endpoint."""
    return [request.prompt for request in inner.history]
