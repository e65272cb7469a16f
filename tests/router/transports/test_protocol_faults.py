"""The same faults in every protocol: each becomes the same error, and no secret stands in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.errors import (
    EndpointBusy,
    EndpointCut,
    EndpointError,
    EndpointMalformed,
    EndpointRefused,
    EndpointTooLong,
    EndpointUnauthorized,
    EndpointUnavailable,
)
from nearline_router.transports.build import transport
from nearline_router.types import Prompt
from tests.fault_server import Comment, Cut, End, ErrorInside, FaultServer, HangUp, Raw, Reset, Role, Status, Text, Wait
from tests.router.transports.speaking import CHAT, CODE, HOLE, KEY, ask, chunks, failure, profile, speaking, text
from tests.waiting import until

WAYS: list[tuple[str, Prompt]] = [
    ("vllm", CHAT),
    ("vllm", HOLE),
    ("anthropic", CHAT),
    ("ollama", CHAT),
    ("ollama", HOLE),
]
every_way = pytest.mark.parametrize(
    ("provider", "prompt"), WAYS, ids=["chat", "completions", "messages", "ollama chat", "ollama generate"]
)


def tells_nothing(fault: BaseException | None) -> bool:
    """Neither key nor code in the error's text or in that of any error behind it."""
    while fault:
        if KEY in repr(fault) or CODE in repr(fault):
            return False
        fault = fault.__cause__ or fault.__context__
    return True


@every_way
@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((Status(400, body={"error": CODE}),), EndpointRefused),
        ((Status(400, body={"error": {"message": "prompt is too long", "param": CODE}}),), EndpointTooLong),
        ((Status(401, body={"error": {"message": f"Incorrect API key {KEY}"}}),), EndpointUnauthorized),
        ((Status(404, body={"error": CODE}),), EndpointRefused),
        ((Status(429, {"Retry-After": "7"}, CODE),), EndpointBusy),
        ((Status(503, {"Retry-After": "7"}, CODE),), EndpointBusy),
        ((Status(500, body=CODE.encode()),), EndpointUnavailable),
        ((Status(200, {"Content-Type": "text/html"}, CODE.encode()),), EndpointMalformed),
        ((Reset(),), EndpointUnavailable),
        ((Role(), Reset()), EndpointUnavailable),
        ((Text("a"), Reset()), EndpointUnavailable),
        ((Cut(),), EndpointCut),
        ((Comment(), Role(), Cut()), EndpointCut),
        ((Text("a"), Cut()), EndpointCut),
        ((Raw(b"data: {nonsense\n\n"),), EndpointMalformed),
        ((Text("a"), Raw(b"data: {nonsense\n\n")), EndpointMalformed),
        ((ErrorInside("api_error", 500, CODE),), EndpointUnavailable),
        ((Text("a"), ErrorInside("api_error", 500, CODE)), EndpointUnavailable),
    ],
    ids=[
        *("refused", "too long", "wrong key", "not found", "limiting", "loading", "failed", "a web page"),
        *("reset", "reset after the role", "reset after text", "nothing", "cut before text", "cut after text"),
        *("nonsense", "nonsense after text", "failed inside 200", "failed after text"),
    ],
)
async def test_a_fault_is_the_same_error_in_every_protocol(
    provider: str, prompt: Prompt, steps: tuple[Any, ...], kind: type[EndpointError]
) -> None:
    """Whoever chooses the next endpoint need not know the protocol."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        server.play(*steps)
        error = await failure(endpoint, ask(prompt))

    assert type(error) is kind
    assert str(error).startswith("there: ")
    assert tells_nothing(error)
    assert not isinstance(error, EndpointBusy) or error.retry_after_s == 7.0


@every_way
async def test_a_server_that_is_not_there_is_unavailable(provider: str, prompt: Prompt) -> None:
    """A refused connection."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        await server.stop()
        error = await failure(endpoint, ask(prompt))

    assert (type(error), str(error)) == (EndpointUnavailable, "there: nothing answers there")


@every_way
async def test_a_connection_that_ended_before_the_answer_began_is_no_fault(provider: str, prompt: Prompt) -> None:
    """A server closes what was idle while the next request is on its way: it is asked again, at once."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        server.play(HangUp())
        answer = await text(endpoint, ask(prompt))

    assert (answer, len(server.asked)) == ("hello world", 2)


@every_way
async def test_a_server_that_hangs_up_twice_is_not_asked_a_third_time(provider: str, prompt: Prompt) -> None:
    """That is no idle connection any more."""
    async with speaking(server := FaultServer(default=(HangUp(),)), provider) as endpoint:
        error = await failure(endpoint, ask(prompt))

    assert (type(error), len(server.asked)) == (EndpointUnavailable, 2)


@every_way
async def test_an_answer_that_has_begun_is_not_asked_for_again(provider: str, prompt: Prompt) -> None:
    """What was delivered cannot be taken back, and may have been paid for."""
    async with speaking(server := FaultServer(default=(Role(), Reset())), provider) as endpoint:
        await failure(endpoint, ask(prompt))

    assert len(server.asked) == 1


@every_way
async def test_pieces_come_as_soon_as_they_are_sent(provider: str, prompt: Prompt) -> None:
    """Nothing is held back until the end."""
    go_on = asyncio.Event()
    async with speaking(server := FaultServer(), provider) as endpoint:
        server.play(Text("a"), Wait(go_on), Text("b"), End())
        stream = endpoint.stream(ask(prompt))
        first = await anext(stream)
        go_on.set()
        others = [chunk.text async for chunk in stream]

    assert (first.text, others) == ("a", ["b", ""])


@every_way
async def test_a_stream_that_is_left_early_is_cancelled_at_the_server(provider: str, prompt: Prompt) -> None:
    """The server sees it at once and generates nothing more."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        server.play(Text("a"), Wait(), Text("b"), End())
        stream = endpoint.stream(ask(prompt))
        await anext(stream)
        await stream.aclose()
        await until(lambda: server.cancels, "the server to see the cancel")

    assert (server.sent, server.sent_after_left) == ([1], 0)


@every_way
async def test_a_whole_answer_leaves_its_connection_for_the_next_request(provider: str, prompt: Prompt) -> None:
    """An end that is not read to its end would cost a new connection each time."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        for _ in range(3):
            await text(endpoint, ask(prompt))

    assert [asked.connection for asked in server.asked] == [0, 0, 0]


@every_way
async def test_signs_of_life_are_no_content(provider: str, prompt: Prompt) -> None:
    """A comment, a ping or a role must not pass for a first token."""
    async with speaking(server := FaultServer(), provider) as endpoint:
        server.play(Comment(), Role(), Comment(), Comment(), Text("a"), End())
        pieces = [chunk.text for chunk in await chunks(endpoint, ask(prompt)) if chunk.text]

    assert pieces == ["a"]


class Canned:
    """A session whose server answers everything with the same bytes."""

    def __init__(self, status: int, content_type: str, body: bytes) -> None:
        self._answer = status, content_type, body

    @asynccontextmanager
    async def stream(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[httpx2.Response]:
        """See Session.stream."""
        status, content_type, content = self._answer
        request = httpx2.Request("POST", f"http://127.0.0.1{path}", headers={"Authorization": KEY}, json=dict(body))
        yield httpx2.Response(status, headers={"content-type": content_type}, content=content, request=request)


# What servers put together: our own secrets, words that decide, the shapes of events, and noise.
pieces = st.sampled_from(
    [
        *(KEY, CODE, "context exceeds", "insufficient_quota", "moderation", "overloaded_error", "[DONE]", "null", "7"),
        *('{"error":', '{"error":{"message":', '{"choices":[{"delta":', '{"message":', '"', "}", "]", ":", ",", "\\"),
        *('{"type":"error","error":', '{"content":', "data: ", "event: error\n", "\n", "\n\n", ": "),
    ]
) | st.text(max_size=8)
bodies = st.lists(pieces, max_size=12).map(lambda parts: "".join(parts).encode(errors="replace"))


@given(
    way=st.sampled_from(WAYS),
    status=st.sampled_from([200, 200, 200, 400, 401, 403, 404, 413, 429, 500, 503]),
    content_type=st.sampled_from(["text/event-stream", "application/json", "text/html"]),
    body=bodies,
)
async def test_no_body_brings_key_or_prompt_into_an_error(
    way: tuple[str, Prompt], status: int, content_type: str, body: bytes
) -> None:
    """Whatever a server sends, the answer or an error of ours; and it is the server's text, not ours, if it is text."""
    provider, prompt = way
    endpoint = transport(profile(provider), Canned(status, content_type, body))  # type: ignore[arg-type]
    fault: EndpointError | None = None
    try:
        await chunks(endpoint, ask(prompt))
    except EndpointError as error:
        fault = error

    assert tells_nothing(fault)
