"""OpenAI's chats: what is sent to whom, and what is made of the answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from nearline_router.errors import EndpointCut, EndpointError, EndpointMalformed, EndpointRefused, EndpointUnavailable
from nearline_router.transports import wire
from nearline_router.types import Chat, Chunk, Message, Usage
from tests.fault_server import Cut, End, FaultServer, Raw, Reset, Role, Text, Wait
from tests.fault_wire import sse
from tests.router.transports.speaking import CODE, HOLE, KEY, MODEL, ask, chunks, failure, last, sent, speaking, text

MESSAGES = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": CODE},
    {"role": "assistant", "content": "yes"},
    {"role": "user", "content": "go on"},
]
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


def said(delta: dict[str, Any] | None = None, finish_reason: str | None = None, **more: Any) -> Raw:
    """One event with a choice."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish_reason}
    return Raw(sse({"choices": [choice], **more}))


async def test_a_conversation_is_sent_as_it_is() -> None:
    """System first, the turns in their order, and the same greedy answer each time."""
    assert await sent("vllm", ask(max_output_tokens=7)) == {
        **STREAMED,
        "model": MODEL,
        "messages": MESSAGES,
        "max_tokens": 7,
        "temperature": 0,
    }


async def test_openai_itself_gets_its_own_name_for_the_limit_and_no_temperature() -> None:
    """Its reasoning models refuse both."""
    body = await sent("openai", ask(max_output_tokens=7))

    assert body == {**STREAMED, "model": MODEL, "messages": MESSAGES, "max_completion_tokens": 7}


async def test_plain_text_is_one_message_to_an_endpoint_that_chats() -> None:
    """And there is no empty system message."""
    assert (await sent("vllm", ask(CODE)))["messages"] == [{"role": "user", "content": CODE}]


async def test_a_server_with_one_model_need_not_be_told_its_name() -> None:
    """LM Studio and mlx_lm.server take what they have loaded."""
    assert "model" not in await sent("lmstudio", ask(), model=None)


@pytest.mark.parametrize(
    ("residency", "expected"), [(["zdr"], {"data_collection": "deny", "zdr": True}), (["eu"], None)]
)
async def test_openrouter_is_told_to_use_only_providers_that_keep_nothing(
    residency: list[str], expected: dict[str, Any] | None
) -> None:
    """Where the configuration says that this is why the endpoint may be used."""
    assert (await sent("openrouter", ask(), residency=residency)).get("provider") == expected


async def test_no_other_provider_gets_openrouters_field() -> None:
    """They refuse what they do not know."""
    assert "provider" not in await sent("openai-compatible", ask(), residency=["zdr"])


async def test_the_key_goes_into_its_header_and_nowhere_else() -> None:
    """Bearer, as everyone of this protocol has it."""
    async with speaking(server := FaultServer()) as endpoint:
        await text(endpoint, ask())

    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in json.dumps(server.asked[0].body)


async def test_the_answer_comes_piece_by_piece_and_ends_with_its_usage() -> None:
    """Of 20 tokens 8 were cached; usage comes behind the finish, and still with the last chunk."""
    async with speaking(FaultServer()) as endpoint:
        answer = await chunks(endpoint, ask())

    assert answer == [Chunk("hello"), Chunk(" world"), Chunk("", "stop", Usage(12, 8, 5))]


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        ({"role": "assistant"}, ""),
        ({"role": "assistant", "content": ""}, ""),
        ({"role": "assistant", "content": None}, ""),
        ({"reasoning_content": "hm"}, ""),
        ({"reasoning": "hm", "content": ""}, ""),
        ({"content": "a"}, "a"),
        ({"content": "a", "role": "assistant"}, "a"),
    ],
)
async def test_only_content_is_content(delta: dict[str, Any], expected: str) -> None:
    """Neither a role nor what the model thinks is; no empty chunk is passed on."""
    async with speaking(server := FaultServer()) as endpoint:
        server.play(said(delta), End())
        pieces = [chunk.text for chunk in await chunks(endpoint, ask())]

    assert pieces == [*([expected] if expected else []), ""]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("stop", "stop"), ("length", "length"), ("tool_calls", "stop"), ("eos", "stop")],
)
async def test_the_finish_is_the_limit_or_the_models_own_end(reason: str, finish: str) -> None:
    """Whatever else ends an answer is its end."""
    async with speaking(server := FaultServer()) as endpoint:
        server.play(Text("a"), End(reason))

        assert (await last(endpoint, ask())).finish == finish


@pytest.mark.parametrize(
    ("tail", "usage"),
    [
        ((End(usage=False),), None),
        ((said(finish_reason="stop"), Cut()), None),
        ((Raw(b"data: [DONE]\n\n"),), None),
        ((said(finish_reason="stop", usage={"prompt_tokens": 3, "completion_tokens": 1}), Cut()), Usage(3, None, 1)),
        ((Raw(sse({"choices": [], "usage": {"prompt_tokens": 3}})), said(finish_reason="stop")), Usage(3)),
        ((said(finish_reason="stop"), Raw(b"data: nonsense\n\n"), Cut()), None),
        ((said(finish_reason="stop"), Reset()), None),
        ((said(finish_reason="stop"), said(usage={}), Cut()), Usage()),
    ],
    ids=[
        *("no usage", "no end mark", "only the end mark", "usage with the finish", "usage before it"),
        *("nonsense behind it", "reset behind it", "empty usage"),
    ],
)
async def test_every_servers_way_to_end_is_an_end(tail: tuple[Any, ...], usage: Usage | None) -> None:
    """Some send no usage, some no [DONE], some no finish; what follows the end cannot take the answer back."""
    async with speaking(server := FaultServer()) as endpoint:
        server.play(Text("a"), *tail)

        assert await chunks(endpoint, ask()) == [Chunk("a"), Chunk("", "stop", usage)]


async def test_a_server_that_never_closes_its_answer_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is whole; waiting for usage has an end."""
    monkeypatch.setattr(wire, "TAIL_S", 0.01)
    async with speaking(server := FaultServer()) as endpoint:
        server.play(Text("a"), said(finish_reason="stop"), Wait())

        assert await chunks(endpoint, ask()) == [Chunk("a"), Chunk("", "stop")]


@pytest.mark.parametrize(
    ("steps", "kind", "words"),
    [
        ((Text("a"), Cut()), EndpointCut, "the stream ended without its end mark"),
        ((Role(), Cut()), EndpointCut, "the stream ended without its end mark"),
        ((Text("a"), End("content_filter")), EndpointRefused, "its content filter stopped the answer"),
        ((said({"refusal": "I can not"}), End()), EndpointRefused, "the model declined to answer"),
        ((said(finish_reason="error"), Cut()), EndpointUnavailable, "failed inside (500)"),
        ((Raw(sse({"error": {"message": CODE}}, "error")),), EndpointUnavailable, "failed inside (500)"),
        ((Raw(b"data: {nonsense\n\n"),), EndpointMalformed, "an event is not of its protocol"),
        ((Raw(b"data: 42\n\n"),), EndpointMalformed, "an event is not of its protocol"),
        ((Raw(sse({"choices": "words"})),), EndpointMalformed, "an event is not of its protocol"),
        ((said({"content": 5}),), EndpointMalformed, "an event is not of its protocol"),
    ],
    ids=[
        *("cut", "cut before content", "filtered", "declined", "failed", "an error event"),
        *("not JSON", "a number", "words", "text is a number"),
    ],
)
async def test_a_wrong_answer_is_one_of_our_errors(
    steps: tuple[Any, ...], kind: type[EndpointError], words: str
) -> None:
    """With its own sentence, in which nothing of the answer stands."""
    async with speaking(server := FaultServer()) as endpoint:
        server.play(*steps)
        error = await failure(endpoint, ask())

    assert (type(error), str(error)) == (kind, f"there: {words}")


async def test_a_second_choice_is_not_mixed_in() -> None:
    """Nobody asked for it; a server that sends it all the same does no harm."""
    async with speaking(server := FaultServer()) as endpoint:
        server.play(Raw(sse({"choices": [{"index": 1, "delta": {"content": "b"}}]})), Text("a"), End())

        assert await text(endpoint, ask()) == "a"


async def test_a_hole_is_refused_by_an_endpoint_that_only_chats() -> None:
    """Filling in the middle is not for a conversation; nothing is sent."""
    async with speaking(server := FaultServer(), "anthropic") as endpoint:
        error = await failure(endpoint, ask(HOLE))

    assert (type(error), str(error)) == (EndpointRefused, "there: it chats and cannot fill in the middle")
    assert server.asked == []


async def test_nothing_is_sent_before_the_first_piece_is_asked_for() -> None:
    """A stream that nobody reads costs nothing."""
    async with speaking(server := FaultServer()) as endpoint:
        stream = endpoint.stream(ask())
        await asyncio.sleep(0)
        await stream.aclose()

    assert (server.connections, server.asked) == (0, [])


async def test_turns_with_special_characters_arrive_unchanged() -> None:
    """JSON may hold every character that ends a line somewhere."""
    code = "a\u2028b\x0cc\x85d\U0001f600"
    async with speaking(server := FaultServer()) as endpoint:
        server.play(Text(code), End())
        answer = await text(endpoint, ask(Chat("", (Message("user", code),))))

    assert (answer, server.asked[0].body["messages"][0]["content"]) == (code, code)
