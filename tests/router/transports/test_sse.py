"""Streams of events as servers really write them."""

from __future__ import annotations

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.errors import EndpointBusy, EndpointError, EndpointMalformed
from nearline_router.transports.http_errors import mapped_errors
from nearline_router.transports.sse import events

REQUEST = httpx2.Request("POST", "http://localhost/")
STREAM = "text/event-stream; charset=utf-8"


def response(body: bytes, content_type: str = STREAM) -> httpx2.Response:
    """An answer that is all there."""
    return httpx2.Response(200, headers={"content-type": content_type}, content=body, request=REQUEST)


async def read(body: bytes, content_type: str = STREAM) -> list[tuple[str, str]]:
    """Name and data of each event."""
    async with mapped_errors("there"):
        return [(event.event, event.data) async for event in events("there", response(body, content_type))]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []),
        (b"data: a\n\n", [("message", "a")]),
        (b"data:a\n\n", [("message", "a")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [("message", "a"), ("message", "b")]),
        (b"event: ping\ndata: {}\n\n", [("ping", "{}")]),
        (b"data: a\ndata: b\n\n", [("message", "a\nb")]),
        (b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: a\n\n", [("message", "a")]),
        (b"event: ping\n\ndata: a\n\n", [("message", "a")]),
        (b"id: 7\nretry: 10\ndata: a\n\n", [("message", "a")]),
        (b"data: [DONE]\n\n", [("message", "[DONE]")]),
        ("data: a\u2028b\x0cc\x85d\n\n".encode(), [("message", "a\u2028b\x0cc\x85d")]),
        (b"data: a\n\ndata: half", [("message", "a")]),
    ],
    ids=[
        *(
            "nothing",
            "one",
            "no space",
            "CRLF",
            "named",
            "two lines",
            "comments",
            "a name without data",
            "other fields",
        ),
        *("the end mark", "other line ends", "half an event"),
    ],
)
async def test_events_are_read_as_they_are_written(body: bytes, expected: list[tuple[str, str]]) -> None:
    """Comments and events without data are left out; a line ends at a line feed or a carriage return only."""
    assert await read(body) == expected


async def test_a_web_page_is_not_a_stream() -> None:
    """Something else may listen there."""
    with pytest.raises(EndpointMalformed, match="there: the answer is not a stream of events"):
        await read(b"<html>hello</html>", "text/html")


async def test_an_error_that_a_proxy_sent_with_200_is_that_error() -> None:
    """Plain JSON where a stream was asked for."""
    with pytest.raises(EndpointBusy):
        await read(b'{"error": {"code": 429}}', "application/json")


async def test_an_event_without_end_is_not_collected_for_ever() -> None:
    """A megabyte is no event."""
    with pytest.raises(EndpointMalformed):
        await read(b"data: " + b"x" * 2_000_000)


@given(st.binary(max_size=200), st.sampled_from([STREAM, "application/json", ""]))
async def test_whatever_is_sent_is_events_or_our_error(body: bytes, content_type: str) -> None:
    """No foreign error comes through."""
    try:
        found = await read(body, content_type)
    except EndpointError:
        return
    assert all(data for _, data in found)
