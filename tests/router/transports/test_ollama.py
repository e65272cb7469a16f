"""Ollama's own protocol: what is sent where, and what is made of the answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from nearline_router.errors import EndpointCut, EndpointError, EndpointMalformed, EndpointRefused, EndpointUnavailable
from nearline_router.transports import wire
from nearline_router.types import Chat, Chunk, Infill, Message, Usage
from tests.fault_server import Cut, End, ErrorInside, FaultServer, Raw, Status, Text, Wait
from tests.router.transports.speaking import CHAT, CODE, HOLE, MODEL, ask, chunks, failure, last, sent, speaking, text

STOPS = ["<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"]
KEPT = {"model": MODEL, "keep_alive": "30m", "truncate": False}


def line(**value: Any) -> Raw:
    """One line of an answer."""
    return Raw(json.dumps(value).encode() + b"\n")


async def test_a_hole_is_sent_as_prompt_and_suffix() -> None:
    """Ollama puts the control tokens around them; a prompt that is too long is refused, not cut."""
    assert await sent("ollama", ask(HOLE, 7)) == {
        **KEPT,
        "prompt": "def f():\n    retu",
        "suffix": "\n",
        "options": {"num_predict": 7, "temperature": 0, "stop": ["\n", *STOPS]},
    }


async def test_a_hole_at_the_end_of_a_file_has_a_suffix_all_the_same() -> None:
    """Without one Ollama takes the code for a chat message."""
    assert (await sent("ollama", ask(replace(HOLE, suffix=""))))["suffix"] == "\n"


async def test_several_lines_do_not_stop_at_the_first() -> None:
    """Only what the family runs on with ends them."""
    assert (await sent("ollama", ask(replace(HOLE, multiline=True))))["options"]["stop"] == STOPS


async def test_a_conversation_goes_to_the_chat() -> None:
    """System first, the turns in their order."""
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        await text(endpoint, ask(CHAT, 7))

    assert server.asked[0].path == "/api/chat"
    assert server.asked[0].body == {
        **KEPT,
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": CODE},
            {"role": "assistant", "content": "yes"},
            {"role": "user", "content": "go on"},
        ],
        "options": {"num_predict": 7, "temperature": 0},
    }


async def test_plain_text_is_sent_raw_where_the_endpoint_only_completes() -> None:
    """No template around it."""
    async with speaking(server := FaultServer(), "ollama", role="completion") as endpoint:
        await text(endpoint, ask(CODE))
    asked = server.asked[0]

    assert (asked.path, asked.body["prompt"], asked.body["raw"]) == ("/api/generate", CODE, True)


async def test_plain_text_is_one_message_where_the_endpoint_chats() -> None:
    """As everywhere."""
    assert (await sent("ollama", ask(CODE)))["messages"] == [{"role": "user", "content": CODE}]


async def test_the_configured_context_is_asked_for() -> None:
    """Ollama's own default is smaller than most models' context."""
    assert (await sent("ollama", ask(), context_tokens=16384))["options"]["num_ctx"] == 16384


@pytest.mark.parametrize("prompt", [HOLE, CHAT], ids=["a hole", "a chat"])
async def test_the_answer_comes_piece_by_piece_and_ends_with_its_usage(prompt: Infill | Chat) -> None:
    """Nanoseconds become milliseconds; of 20 tokens 8 were cached."""
    async with speaking(FaultServer(), "ollama") as endpoint:
        answer = await chunks(endpoint, ask(prompt))

    assert answer == [Chunk("hello"), Chunk(" world"), Chunk("", "stop", Usage(12, 8, 5, 3.0, 4.0))]


async def test_a_duration_is_not_told_without_the_tokens_it_belongs_to() -> None:
    """Older servers count the whole prompt and time only what was not cached: a speed from both would be wrong."""
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        server.play(line(done=True, prompt_eval_count=20, prompt_eval_duration=3_000_000, eval_count=5))

        assert (await last(endpoint, ask())).usage == Usage(20, None, 5, None, None)


@pytest.mark.parametrize(("reason", "finish"), [("stop", "stop"), ("length", "length"), ("load", "stop")])
async def test_the_finish_is_the_limit_or_the_models_own_end(reason: str, finish: str) -> None:
    """Whatever else ends an answer is its end."""
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        server.play(End(reason))

        assert (await last(endpoint, ask())).finish == finish


async def test_what_is_thought_is_no_content() -> None:
    """Reasoning models say it in a field of its own."""
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        server.play(line(message={"role": "assistant", "content": "", "thinking": "hm"}), Text("a"), End())
        pieces = [chunk.text for chunk in await chunks(endpoint, ask())]

    assert pieces == ["a", ""]


async def test_a_line_ends_at_a_line_feed_only() -> None:
    """JSON text may hold every other character that ends a line, and network pieces end anywhere."""
    code = "a\u2028b\x85c\U0001f600"
    data = json.dumps({"message": {"content": code}}, ensure_ascii=False).encode() + b"\n"
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        server.play(*[Raw(data[at : at + 1]) for at in range(len(data))], End())

        assert await text(endpoint, ask()) == code


async def test_a_last_line_without_a_line_end_counts() -> None:
    """The answer is whole."""
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        server.play(Text("a"), Raw(b'{"done": true}'))

        assert await chunks(endpoint, ask()) == [Chunk("a"), Chunk("", "stop", Usage())]


async def test_a_model_that_was_not_pulled_is_told_with_what_to_do() -> None:
    """Ollama answers 404."""
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        server.play(Status(404, body={"error": f"model {MODEL!r} not found"}))
        error = await failure(endpoint, ask())

    assert type(error) is EndpointRefused
    assert str(error) == f"there: the model is not there; `ollama pull {MODEL}` fetches it (404)"


@pytest.mark.parametrize("prompt", [replace(HOLE, suffix="<|fim_middle|>"), "<|im_start|>"], ids=["a hole", "text"])
async def test_a_control_token_in_the_users_text_is_refused_and_not_sent(prompt: Infill | str) -> None:
    """As text it would be read as a control token."""
    async with speaking(server := FaultServer(), "ollama", role="completion") as endpoint:
        error = await failure(endpoint, ask(prompt))

    assert (type(error), server.asked) == (EndpointRefused, [])


async def test_a_hole_for_a_model_of_no_known_family_is_ollamas_to_fill() -> None:
    """Its template may well know how; all families' control tokens count then."""
    async with speaking(server := FaultServer(), "ollama", model="mystery") as endpoint:
        await text(endpoint, ask(HOLE))
        error = await failure(endpoint, ask(replace(HOLE, suffix="[SUFFIX]")))

    assert (len(server.asked), type(error)) == (1, EndpointRefused)
    assert server.asked[0].body["options"]["stop"] == ["\n"]


async def test_a_server_that_never_closes_its_answer_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line has come."""
    monkeypatch.setattr(wire, "TAIL_S", 0.01)
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        server.play(Text("a"), End(), Wait())

        assert await text(endpoint, ask(Chat("", (Message("user", "hi"),)))) == "a"


@pytest.mark.parametrize(
    ("steps", "kind", "words"),
    [
        ((ErrorInside(message=CODE),), EndpointUnavailable, "failed inside (500)"),
        ((Text("a"), ErrorInside()), EndpointUnavailable, "failed inside (500)"),
        ((Text("a"), Cut()), EndpointCut, "the stream ended without its end mark"),
        ((Cut(),), EndpointCut, "the stream ended without its end mark"),
        ((Raw(b"{nonsense\n"),), EndpointMalformed, "an event is not of its protocol"),
        ((Raw(b"42\n"),), EndpointMalformed, "an event is not of its protocol"),
        ((line(response=5),), EndpointMalformed, "an event is not of its protocol"),
    ],
    ids=["failed", "failed later", "cut", "nothing", "not JSON", "a number", "text is a number"],
)
async def test_a_wrong_answer_is_one_of_our_errors(
    steps: tuple[Any, ...], kind: type[EndpointError], words: str
) -> None:
    """With its own sentence, in which nothing of the answer stands."""
    async with speaking(server := FaultServer(), "ollama") as endpoint:
        server.play(*steps)
        error = await failure(endpoint, ask())

    assert (type(error), str(error)) == (kind, f"there: {words}")
