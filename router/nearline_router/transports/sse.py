"""Server-Sent Events: a streamed answer as events, with keep-alive comments left out."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NoReturn, cast

import httpx2

from nearline_router.errors import EndpointMalformed
from nearline_router.transports.http_errors import beginning
from nearline_router.transports.http_status import raise_inside

# OpenAI's end mark, an event by itself.
DONE = "[DONE]"


async def events(endpoint_id: str, response: httpx2.Response) -> AsyncGenerator[httpx2.ServerSentEvent, None]:
    """The events of an answer that have data, in order; lines of one event's data are joined by a line end.

    Reads until the connection's answer ends. Raises EndpointError where the answer is no stream of events, or
    where it is an error that a proxy sent with status 200.
    """
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/event-stream":
        raise_plain(endpoint_id, await beginning(response))
    found = cast("AsyncGenerator[httpx2.ServerSentEvent, None]", aiter(httpx2.EventSource(response)))
    async with aclosing(found):
        async for event in found:
            if event.data:
                yield event


def raise_plain(endpoint_id: str, body: str) -> NoReturn:
    """Raise what a plain answer stands for where a stream was asked for: its `error`, or that it is no stream."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise EndpointMalformed(f"{endpoint_id}: the answer is not a stream of events") from None
    raise_inside(endpoint_id, error)
