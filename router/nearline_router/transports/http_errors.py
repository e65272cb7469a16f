"""Foreign errors become the router's own here, once, for every HTTP transport."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx2

from nearline_router.errors import EndpointBusy, EndpointMalformed, EndpointRefused, EndpointUnavailable


@asynccontextmanager
async def mapped_errors(endpoint_id: str) -> AsyncIterator[None]:
    """Map the client's errors; texts carry no URL, header or body, so no key and no prompt."""
    try:
        yield
    except httpx2.ConnectError as error:
        raise EndpointUnavailable(f"{endpoint_id}: nothing answers there") from error
    except httpx2.TimeoutException as error:
        raise EndpointUnavailable(f"{endpoint_id}: no answer in time") from error
    except httpx2.DecodingError as error:
        raise EndpointMalformed(f"{endpoint_id}: the answer cannot be decoded") from error
    except httpx2.TransportError as error:
        raise EndpointUnavailable(f"{endpoint_id}: the connection broke ({type(error).__name__})") from error


def raise_for_status(endpoint_id: str, status: int, body: str, headers: Mapping[str, str]) -> None:
    """Raise the error an HTTP status stands for; 200 passes.

    `body` is looked at and never repeated, since a server may echo the prompt.
    """
    if status == 200:
        return
    if status in (429, 503):
        raise EndpointBusy(f"{endpoint_id}: busy or loading ({status})", _retry_after_s(headers))
    if status >= 500:
        raise EndpointUnavailable(f"{endpoint_id}: failed inside ({status})")
    if status in (401, 403):
        raise EndpointRefused(f"{endpoint_id}: the key is missing or wrong ({status})")
    reason = "the prompt is too long" if "exceed" in body and "context" in body else "the request was refused"
    raise EndpointRefused(f"{endpoint_id}: {reason} ({status})")


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "")
    return float(value) if value.replace(".", "", 1).isdecimal() else None
