"""llama.cpp's own stream of events: from bytes to chunks."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx2

from nearline_router.errors import EndpointMalformed
from nearline_router.transports.http_errors import raise_for_status
from nearline_router.types import Chunk, Usage


async def event_lines(response: httpx2.Response) -> AsyncGenerator[str, None]:
    """The lines of a stream. By hand: the client's own splitting also splits at U+2028 and others, inside JSON."""
    rest = b""
    async for block in response.aiter_bytes():
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


class Unforced:
    """Takes the text that token healing forced off the front of the answer."""

    def __init__(self, forced: str) -> None:
        self._forced = forced

    def chunk(self, event: dict[str, Any]) -> Chunk:
        """One llama.cpp event as a chunk, without what was forced."""
        text = event.get("content", "")
        overlap = min(len(text), len(self._forced))
        text, self._forced = text[overlap:], self._forced[overlap:]
        finish = None
        if event.get("stop"):
            finish = "length" if event.get("stop_type") == "limit" else "stop"
        return Chunk(text, finish, _read_usage(event.get("timings")))  # type: ignore[arg-type]


def read_event(endpoint_id: str, line: str) -> dict[str, Any] | None:
    """A line's event, None for a line that has none. Raises EndpointError for one that is an error, or wrong."""
    kind, _, data = line.partition(": ")
    if kind not in ("data", "error") or data == "[DONE]":
        return None
    try:
        event: dict[str, Any] = json.loads(data)
        failed = event if kind == "error" else event.get("error")
        status = int(failed.get("code", 500)) if failed else 200
        right = isinstance(event.get("content", ""), str) and isinstance(event.get("timings", {}), dict)
    except json.JSONDecodeError as error:
        raise EndpointMalformed(f"{endpoint_id}: an event is not JSON") from error
    except (AttributeError, TypeError, ValueError):
        status, right = 200, False
    raise_for_status(endpoint_id, status, data, {})
    if not right:
        raise EndpointMalformed(f"{endpoint_id}: an event is not llama.cpp's")
    return event


def _read_usage(timings: dict[str, Any] | None) -> Usage | None:
    if not timings:
        return None
    return Usage(
        evaluated_tokens=timings.get("prompt_n"),
        cached_tokens=timings.get("cache_n"),
        output_tokens=timings.get("predicted_n"),
        prefill_ms=timings.get("prompt_ms"),
        decode_ms=timings.get("predicted_ms"),
    )
