"""Foreign errors become the router's own here, once, for every HTTP transport."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx2

from nearline_router.errors import EndpointMalformed, EndpointRefused, EndpointUnavailable
from nearline_router.transports.http_status import NOT_FOUND, raise_for_status
from nearline_router.warm.session import Session

__all__ = ["answering", "beginning", "mapped_errors", "raise_for_status"]

# An error's body says what it has to say at its beginning.
LOOKED_AT_BYTES = 16_384
# What the client says of a connection that ended; one that was never there is another matter.
ENDED = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
NO_NETWORK = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


@asynccontextmanager
async def mapped_errors(endpoint_id: str) -> AsyncIterator[None]:
    """Map the client's errors; texts carry no URL, header or body, so no key and no prompt."""
    try:
        yield
    except (httpx2.DecodingError, httpx2.SSEError) as error:
        raise EndpointMalformed(f"{endpoint_id}: the answer cannot be decoded") from error
    except httpx2.TransportError as error:
        raise EndpointUnavailable(f"{endpoint_id}: {_broken(error)}") from error


def _broken(error: httpx2.TransportError) -> str:
    """What happened to a connection, in words."""
    if isinstance(error, httpx2.ConnectError):
        return next((words for cause in _causes(error) if (words := _unconnected(cause))), "nothing answers there")
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx2.RemoteProtocolError):
        # Over HTTP/2 the client's error is the text of the event that ended it all.
        ended = "ConnectionTerminated" in str(error)
        return "the server ended the connection (GOAWAY)" if ended else "the server hung up before the answer's end"
    if isinstance(error, httpx2.NetworkError):
        return f"the connection was reset ({type(error).__name__})"
    return f"the connection broke ({type(error).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _unconnected(cause: BaseException) -> str | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _distrusted(cause.verify_message or str(cause))
    if isinstance(cause, ssl.SSLError):
        return "no secure connection can be made there; is it an https address?"
    if isinstance(cause, socket.gaierror):
        return "its name cannot be found"
    return "there is no network to it" if isinstance(cause, OSError) and cause.errno in NO_NETWORK else None


def _distrusted(reason: str) -> str:
    """OpenSSL's, macOS' and Windows' words all hold these."""
    if "expired" in reason:
        return "its certificate has expired"
    if "name" in reason.lower() or "mismatch" in reason:
        return "its certificate is for another name"
    return "its certificate is not trusted here; `ca_file` names the authority of a server of your own"


@asynccontextmanager
async def answering(
    endpoint_id: str, session: Session, path: str, body: Mapping[str, Any], not_found: str = NOT_FOUND
) -> AsyncIterator[httpx2.Response]:
    """The answer to a POST, its body still to be read, if its status is 200. `not_found` is said of a 404.

    A request whose connection ended before the answer began is repeated once, at once: a kept connection may have
    been closed by the server when the request was on its way (llama.cpp closes it behind every streamed answer).
    Raises EndpointError for every other status, and for what breaks while the body is read.
    """
    try:
        async with mapped_errors(endpoint_id), AsyncExitStack() as open_until_read:
            response = await _answered(open_until_read, session, path, body)
            if response.status_code != 200:
                said = await beginning(response)
                raise_for_status(endpoint_id, response.status_code, said, response.headers, not_found)
            yield response
    except UnicodeEncodeError:
        # Its own text repeats the whole prompt.
        raise EndpointRefused(f"{endpoint_id}: the text holds half a character and cannot be sent") from None


async def _answered(
    open_until_read: AsyncExitStack, session: Session, path: str, body: Mapping[str, Any]
) -> httpx2.Response:
    try:
        return await open_until_read.enter_async_context(session.stream(path, body))
    except ENDED:
        return await open_until_read.enter_async_context(session.stream(path, body))


async def beginning(response: httpx2.Response) -> str:
    """As much of a plain body as is worth looking at; what breaks while it is read is not worth an error."""
    found = b""
    with suppress(httpx2.RequestError):
        async for data in response.aiter_bytes():
            found += data
            if len(found) >= LOOKED_AT_BYTES:
                break
    return found[:LOOKED_AT_BYTES].decode(errors="replace")
