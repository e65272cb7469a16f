"""What all wire formats have in common: JSON values that are checked, and an end that may come late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TypeVar

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from nearline_router.errors import EndpointError, EndpointMalformed

# What follows an answer's end comes with it or right behind it; a server that says no more is left after this.
TAIL_S = 2.0


class Wire(BaseModel):
    """A part of what a server sends. Unknown fields are let through; errors do not repeat what was sent."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


W = TypeVar("W", bound=Wire)
T = TypeVar("T")


def parsed(endpoint_id: str, kind: type[W], data: str | bytes) -> W:
    """One event of a stream. Raises EndpointMalformed."""
    try:
        return kind.model_validate_json(data)
    except ValidationError:
        raise EndpointMalformed(f"{endpoint_id}: an event is not of its protocol") from None


async def rest(events: AsyncGenerator[T, None]) -> list[T]:
    """What still comes after the answer's end; read, because a connection left before its end cannot be used again.

    Nothing that goes wrong now takes the answer back.
    """
    found: list[T] = []
    with suppress(EndpointError, httpx2.RequestError, TimeoutError):
        async with asyncio.timeout(TAIL_S):
            async for event in events:
                found.append(event)  # noqa: PERF401 (kept also when it ends in an error)
    return found
