"""What breaks on the way to a server becomes the router's own, and tells nothing that is secret."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import AsyncIterator

import httpx2
import pytest

from nearline_router.errors import EndpointError, EndpointMalformed, EndpointRefused, EndpointUnavailable
from nearline_router.transports.http_errors import LOOKED_AT_BYTES, answering, beginning, mapped_errors
from nearline_router.warm.session import Session

SECRET = "sk-secret-and-the-users-code"
REQUEST = httpx2.Request("POST", f"http://localhost/{SECRET}", headers={"Authorization": SECRET})
GOAWAY = "<ConnectionTerminated error_code:0, last_stream_id:1, additional_data:None>"


def not_verified(reason: str) -> ssl.SSLCertVerificationError:
    """What a certificate that is not believed raises."""
    error = ssl.SSLCertVerificationError(1, f"certificate verify failed: {reason}")
    error.verify_message = reason
    return error


async def mapped(foreign: Exception, cause: Exception | None = None) -> EndpointError:
    """What an error of the client becomes."""
    with pytest.raises(EndpointError) as caught:
        async with mapped_errors("local"):
            raise foreign from cause
    return caught.value


@pytest.mark.parametrize(
    ("foreign", "kind", "text"),
    [
        (httpx2.ConnectError, EndpointUnavailable, "nothing answers there"),
        (httpx2.ConnectTimeout, EndpointUnavailable, "no answer in time"),
        (httpx2.ReadTimeout, EndpointUnavailable, "no answer in time"),
        (httpx2.WriteTimeout, EndpointUnavailable, "no answer in time"),
        (httpx2.PoolTimeout, EndpointUnavailable, "no answer in time"),
        (httpx2.ReadError, EndpointUnavailable, "the connection was reset (ReadError)"),
        (httpx2.WriteError, EndpointUnavailable, "the connection was reset (WriteError)"),
        (httpx2.RemoteProtocolError, EndpointUnavailable, "the server hung up before the answer's end"),
        (httpx2.ProxyError, EndpointUnavailable, "the connection broke (ProxyError)"),
        (httpx2.LocalProtocolError, EndpointUnavailable, "the connection broke (LocalProtocolError)"),
        (httpx2.DecodingError, EndpointMalformed, "the answer cannot be decoded"),
    ],
)
async def test_the_clients_errors_are_ours_and_repeat_nothing(
    foreign: type[httpx2.RequestError], kind: type[EndpointError], text: str
) -> None:
    """Each error of the client is one of ours, whose text has no address, header or body in it."""
    error = await mapped(foreign(SECRET, request=REQUEST))

    assert (type(error), str(error)) == (kind, f"local: {text}")


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (not_verified("certificate has expired"), "its certificate has expired"),
        (not_verified("Hostname mismatch, certificate is not valid for 'a'."), "its certificate is for another name"),
        (not_verified("IP address mismatch, certificate is not valid"), "its certificate is for another name"),
        (
            not_verified("unable to get local issuer certificate"),
            "its certificate is not trusted here; `ca_file` names the authority of a server of your own",
        ),
        (ssl.SSLError(1, "wrong version"), "no secure connection can be made there; is it an https address?"),
        (socket.gaierror(-2, "Name or service not known"), "its name cannot be found"),
        (OSError(errno.ENETUNREACH, "unreachable"), "there is no network to it"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "nothing answers there"),
    ],
    ids=["expired", "another name", "another address", "not trusted", "no TLS", "no name", "no network", "refused"],
)
async def test_why_there_is_no_connection_is_said_in_words(cause: Exception, text: str) -> None:
    """The reason is often behind the client's error, not in it."""
    error = await mapped(httpx2.ConnectError(SECRET, request=REQUEST), cause)

    assert (type(error), str(error)) == (EndpointUnavailable, f"local: {text}")


async def test_a_server_that_ends_an_http2_connection_is_unavailable() -> None:
    """GOAWAY comes as the text of the client's own event."""
    error = await mapped(httpx2.RemoteProtocolError(GOAWAY, request=REQUEST))

    assert (type(error), str(error)) == (EndpointUnavailable, "local: the server ended the connection (GOAWAY)")


async def test_what_is_no_error_of_the_client_passes() -> None:
    """A mistake of ours is not dressed up as the endpoint's."""
    with pytest.raises(KeyError):
        async with mapped_errors("local"):
            raise KeyError("ours")


async def test_a_text_that_cannot_be_sent_is_refused_and_not_repeated() -> None:
    """Editors may send half of a surrogate pair; Python's error would hold the whole prompt."""
    session = Session("local", "http://127.0.0.1:1", {}, local=True)
    with pytest.raises(EndpointRefused) as caught:
        async with answering("local", session, "/v1/completions", {"prompt": f"{SECRET} \ud800"}):
            pass
    await session.aclose()

    assert str(caught.value) == "local: the text holds half a character and cannot be sent"
    assert caught.value.__suppress_context__


async def test_an_endless_error_is_read_only_at_its_beginning() -> None:
    """What an error has to say stands in front; a server cannot make us read on."""
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1024

    body = await beginning(httpx2.Response(500, content=endless(), request=REQUEST))

    assert (len(body), read) == (LOOKED_AT_BYTES, LOOKED_AT_BYTES // 1024)


async def test_an_errors_body_that_breaks_off_is_looked_at_as_far_as_it_goes() -> None:
    """The status has said enough; how its body ends is not worth another error."""

    async def breaking() -> AsyncIterator[bytes]:
        yield b"quota"
        raise httpx2.ReadError("reset", request=REQUEST)

    assert await beginning(httpx2.Response(500, content=breaking(), request=REQUEST)) == "quota"
