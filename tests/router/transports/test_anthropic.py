"""Anthropic's messages: what is sent, what is cached, and what is made of the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nearline_router.errors import (
    EndpointBusy,
    EndpointCut,
    EndpointError,
    EndpointMalformed,
    EndpointRefused,
    EndpointUnavailable,
)
from nearline_router.transports import wire
from nearline_router.types import Chat, Chunk, Message, Usage
from tests.fault_server import Comment, Cut, End, ErrorInside, FaultServer, Raw, Role, Text, Wait
from tests.fault_wire import sse
from tests.router.transports.speaking import CODE, KEY, MODEL, ask, chunks, failure, last, sent, speaking, text

MARK = {"cache_control": {"type": "ephemeral"}}


def turns(*stable: bool, system: str = "") -> Chat:
    """A conversation whose turns are stable or not."""
    return Chat(system, tuple(Message("user", f"turn {number}", one) for number, one in enumerate(stable)))


def marked(body: dict[str, Any]) -> list[bool]:
    """Which turns of a body end what is to be cached."""
    return ["cache_control" in message["content"][0] for message in body["messages"]]


async def test_a_conversation_is_sent_in_blocks() -> None:
    """No temperature: its newer models refuse one."""
    assert await sent("anthropic", ask(turns(False), 7)) == {
        "model": MODEL,
        "max_tokens": 7,
        "stream": True,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "turn 0"}]}],
    }


async def test_key_and_version_are_in_their_headers() -> None:
    """Anthropic's own, not Bearer."""
    async with speaking(server := FaultServer(), "anthropic") as endpoint:
        await text(endpoint, ask())
    headers = server.asked[0].headers

    assert (headers["x-api-key"], headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "authorization" not in headers


async def test_the_system_text_is_cached() -> None:
    """It is the same in every request of a task."""
    assert (await sent("anthropic", ask(turns(False, system="be brief"))))["system"] == [
        {"type": "text", "text": "be brief", **MARK}
    ]


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        (turns(False, False), [False, False]),
        (turns(True, False), [True, False]),
        (turns(True, True, True, True, True), [False, True, True, True, True]),
        (turns(True, True, True, True, False, system="s"), [False, True, True, True, False]),
        (Chat("", (Message("user", "", stable=True),)), [False]),
    ],
    ids=["none", "one", "no more than four", "one of them for the system", "nothing to cache"],
)
async def test_stable_turns_are_cached_the_last_ones_first(chat: Chat, expected: list[bool]) -> None:
    """A request may hold four marks; the later one stands, the more it covers."""
    assert marked(await sent("anthropic", ask(chat))) == expected


async def test_the_prompts_usage_is_told_before_the_answer() -> None:
    """So that an answer that is cut is counted too; the output is known only at the end.

    What is written to the cache is told apart from what is only read: it has a price of its own.
    """
    async with speaking(server := FaultServer(), "anthropic") as endpoint:
        server.play(Role(), Comment(), Text("a"), End())
        answer = await chunks(endpoint, ask())

    begun = Usage(12, 8, None, cache_written_tokens=2)
    ended = replace(begun, output_tokens=5)
    assert answer == [Chunk("", usage=begun), Chunk("a", usage=begun), Chunk("", "stop", ended)]


async def test_what_is_thought_is_no_content() -> None:
    """Neither are other blocks and events of a newer version."""
    delta = {"type": "thinking_delta", "thinking": "hm"}
    async with speaking(server := FaultServer(), "anthropic") as endpoint:
        server.play(
            Raw(sse({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}})),
            Raw(sse({"type": "content_block_delta", "delta": delta})),
            Raw(sse({"type": "something_new", "value": 1})),
            Text("a"),
            End(),
        )
        pieces = [chunk.text for chunk in await chunks(endpoint, ask())]

    assert pieces == ["a", ""]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "stop"),
    ],
)
async def test_the_finish_is_the_limit_or_the_models_own_end(reason: str, finish: str) -> None:
    """The reason comes one event before the end mark."""
    async with speaking(server := FaultServer(), "anthropic") as endpoint:
        server.play(
            Raw(sse({"type": "message_delta", "delta": {"stop_reason": reason}})), Raw(sse({"type": "message_stop"}))
        )

        assert (await last(endpoint, ask())).finish == finish


async def test_a_server_that_never_closes_its_answer_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end mark has come."""
    monkeypatch.setattr(wire, "TAIL_S", 0.01)
    async with speaking(server := FaultServer(), "anthropic") as endpoint:
        server.play(Text("a"), End(), Wait())

        assert await text(endpoint, ask()) == "a"


@pytest.mark.parametrize(
    ("steps", "kind", "words"),
    [
        ((ErrorInside("overloaded_error", message=CODE),), EndpointBusy, "busy or loading (529)"),
        ((Text("a"), ErrorInside("overloaded_error")), EndpointBusy, "busy or loading (529)"),
        ((ErrorInside("rate_limit_error"),), EndpointBusy, "busy or loading (429)"),
        ((ErrorInside("api_error"),), EndpointUnavailable, "failed inside (500)"),
        ((Raw(sse({"type": "error"}, "error")),), EndpointUnavailable, "failed inside (500)"),
        ((Text("a"), End("content_filter")), EndpointRefused, "the model declined to answer"),
        ((Text("a"), Cut()), EndpointCut, "the stream ended without its end mark"),
        (
            (Raw(sse({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})), Cut()),
            EndpointCut,
            "the stream ended without its end mark",
        ),
        ((Raw(b"data: {nonsense\n\n"),), EndpointMalformed, "an event is not of its protocol"),
        ((Raw(sse({"type": 5})),), EndpointMalformed, "an event is not of its protocol"),
    ],
    ids=[
        *("overloaded", "overloaded later", "limiting", "failed", "an error without words", "refused", "cut"),
        *("cut before its end mark", "not JSON", "type is a number"),
    ],
)
async def test_a_wrong_answer_is_one_of_our_errors(
    steps: tuple[Any, ...], kind: type[EndpointError], words: str
) -> None:
    """With its own sentence, in which nothing of the answer stands."""
    async with speaking(server := FaultServer(), "anthropic") as endpoint:
        server.play(*steps)
        error = await failure(endpoint, ask())

    assert (type(error), str(error)) == (kind, f"there: {words}")
