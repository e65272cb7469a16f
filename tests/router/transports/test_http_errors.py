"""Foreign errors and statuses become the router's own, and tell nothing that is secret."""

from __future__ import annotations

import httpx2
import pytest

from nearline_router.errors import (
    EndpointBusy,
    EndpointError,
    EndpointMalformed,
    EndpointRefused,
    EndpointUnavailable,
)
from nearline_router.transports.http_errors import mapped_errors, raise_for_status

SECRET = "sk-secret-and-the-users-code"
REQUEST = httpx2.Request("POST", f"http://localhost/{SECRET}", headers={"Authorization": SECRET})


def of_status(status: int, body: str = "", headers: dict[str, str] | None = None) -> EndpointError:
    """The error of one answer."""
    with pytest.raises(EndpointError) as caught:
        raise_for_status("local", status, body, headers or {})
    return caught.value


@pytest.mark.parametrize(
    ("foreign", "kind", "text"),
    [
        (httpx2.ConnectError, EndpointUnavailable, "local: nothing answers there"),
        (httpx2.ConnectTimeout, EndpointUnavailable, "local: no answer in time"),
        (httpx2.ReadTimeout, EndpointUnavailable, "local: no answer in time"),
        (httpx2.WriteTimeout, EndpointUnavailable, "local: no answer in time"),
        (httpx2.PoolTimeout, EndpointUnavailable, "local: no answer in time"),
        (httpx2.ReadError, EndpointUnavailable, "local: the connection broke (ReadError)"),
        (httpx2.WriteError, EndpointUnavailable, "local: the connection broke (WriteError)"),
        (httpx2.RemoteProtocolError, EndpointUnavailable, "local: the connection broke (RemoteProtocolError)"),
        (httpx2.ProxyError, EndpointUnavailable, "local: the connection broke (ProxyError)"),
        (httpx2.DecodingError, EndpointMalformed, "local: the answer cannot be decoded"),
    ],
)
async def test_the_clients_errors_are_ours_and_repeat_nothing(
    foreign: type[httpx2.RequestError], kind: type[EndpointError], text: str
) -> None:
    """Each error of the client is one of ours, whose text has no address, header or body in it."""
    with pytest.raises(EndpointError) as caught:
        async with mapped_errors("local"):
            raise foreign(SECRET, request=REQUEST)

    assert (type(caught.value), str(caught.value)) == (kind, text)


async def test_what_is_no_error_of_the_client_passes() -> None:
    """A mistake of ours is not dressed up as the endpoint's."""
    with pytest.raises(KeyError):
        async with mapped_errors("local"):
            raise KeyError("ours")


def test_200_passes() -> None:
    """The one status that is no error."""
    raise_for_status("local", 200, "", {})


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (302, EndpointRefused, "local: the request was refused (302)"),
        (400, EndpointRefused, "local: the request was refused (400)"),
        (401, EndpointRefused, "local: the key is missing or wrong (401)"),
        (403, EndpointRefused, "local: the key is missing or wrong (403)"),
        (404, EndpointRefused, "local: the request was refused (404)"),
        (429, EndpointBusy, "local: busy or loading (429)"),
        (500, EndpointUnavailable, "local: failed inside (500)"),
        (502, EndpointUnavailable, "local: failed inside (502)"),
        (503, EndpointBusy, "local: busy or loading (503)"),
        (529, EndpointUnavailable, "local: failed inside (529)"),
    ],
)
def test_every_other_status_is_an_error_that_repeats_nothing(status: int, kind: type[EndpointError], text: str) -> None:
    """The text names the endpoint, what is wrong, and the status; a server may echo the prompt, we do not."""
    error = of_status(status, SECRET)

    assert (type(error), str(error)) == (kind, text)


def test_too_long_a_prompt_is_told_as_such() -> None:
    """llama.cpp's own words for it are recognised."""
    body = "the request exceeds the available context size (4096 tokens), try increasing it"

    assert str(of_status(400, body)) == "local: the prompt is too long (400)"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2", 2.0), ("0.5", 0.5), ("", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("²", None)],
)
def test_a_busy_endpoints_own_word_is_kept(value: str, expected: float | None) -> None:
    """Seconds in Retry-After are believed; anything else is no word."""
    error = of_status(429, headers={"retry-after": value})

    assert isinstance(error, EndpointBusy)
    assert error.retry_after_s == expected
