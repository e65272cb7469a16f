"""llama.cpp's protocol against servers on loopback: what comes back, and how a stream ends."""

from __future__ import annotations

import asyncio
import re
import sys
from contextlib import aclosing
from typing import Any

import pytest

from nearline_router.errors import (
    EndpointRefused,
)
from nearline_router.transports.llamacpp import ServedModel
from nearline_router.types import Chat, Message, RoutingRequest, Usage
from tests.raw_llama import RawLlama, events, last, piece, plain
from tests.router.transports.asking import COMPLETION, ask, chunks, failure, infill, talking, text
from tests.scripted_llama import MODEL
from tests.waiting import until


@pytest.mark.parametrize(
    "pieces",
    [
        [" return x"],
        [" retu", "rn x"],
        [" re", "tu", "rn x"],
        [" ", "r", "e", "t", "u", "r", "n", " x"],
        ["", " retu", "", "rn x"],
    ],
)
async def test_what_was_forced_is_taken_off_however_it_is_split(pieces: list[str]) -> None:
    """The answer begins at the cursor, wherever the chunks begin and end."""
    raw = {COMPLETION: events(*map(piece, pieces), last())}
    async with talking(RawLlama(raw=raw)) as endpoint:
        said = await text(endpoint, ask(infill("    retu")))

    assert said == "rn x"


async def test_an_answer_comes_piece_by_piece() -> None:
    """The first piece is there while the server still holds back the second."""
    server = RawLlama(pieces=["one", "two"], piece_delay_s=30)
    async with talking(server) as endpoint, aclosing(endpoint.stream(ask("hi"))) as stream:
        first = await anext(stream)

    assert (first.text, first.finish, server.sent) == ("one", None, [1])


async def test_a_line_ends_at_a_line_end_and_nowhere_else() -> None:
    """Other characters that Unicode calls line ends may stand in the text of an event as they are."""
    said = "a\u2028b\u0085c\x0bd"
    event = 'data: {"content": "' + "a\u2028b\u0085c" + '\\u000bd", "stop": false}\n\n'
    async with talking(RawLlama(raw={COMPLETION: events(event.encode(), last())})) as endpoint:
        assert await text(endpoint, ask("hi")) == said


async def test_a_conversation_goes_to_the_servers_own_chat_template() -> None:
    """In OpenAI's protocol, which every llama.cpp server speaks too."""
    delta = {"choices": [{"index": 0, "delta": {"content": "Hello"}}]}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    raw = {"POST /v1/chat/completions": events(delta, end, b"data: [DONE]\n\n")}
    async with talking(RawLlama(raw=raw)) as endpoint:
        chat = Chat("Be brief.", (Message("user", "Hi"),))
        said = await text(endpoint, RoutingRequest(chat, 8))

    assert said == "Hello"


@pytest.mark.parametrize(("stop_type", "finish"), [("eos", "stop"), ("word", "stop"), ("limit", "length")])
async def test_the_end_says_why(stop_type: str, finish: str) -> None:
    """Out of tokens is another end than finished."""
    raw = {COMPLETION: events(piece("a"), last(stop_type))}
    async with talking(RawLlama(raw=raw)) as endpoint:
        answered = await chunks(endpoint, ask("hi"))

    assert [chunk.finish for chunk in answered] == [None, finish]


async def test_usage_is_the_servers_own() -> None:
    """Tokens evaluated, cached and generated, and the time both took."""
    timings = {"prompt_n": 3, "cache_n": 900, "prompt_ms": 25.5, "predicted_n": 7, "predicted_ms": 200.5, "more": 1}
    raw = {COMPLETION: events(piece("a"), last(timings=timings))}
    async with talking(RawLlama(raw=raw)) as endpoint:
        answered = await chunks(endpoint, ask("hi"))

    assert [chunk.usage for chunk in answered] == [None, Usage(3, 900, 7, 25.5, 200.5)]


async def test_lines_that_are_no_events_are_passed_over() -> None:
    """Comments, blank lines and OpenAI's end mark mean nothing here."""
    raw = {COMPLETION: events(b": ping\n\n", piece("a"), b"event: x\n\n", b"data: [DONE]\n\n", last())}
    async with talking(RawLlama(raw=raw)) as endpoint:
        assert await text(endpoint, ask("hi")) == "a"


async def test_a_model_is_known_by_the_name_of_its_file() -> None:
    """Name, window and template are what the server says, asked once."""
    async with talking(server := RawLlama()) as endpoint:
        served = await endpoint.served()
        await endpoint.served()

    assert (served.name, served.context_tokens) == (MODEL, 4096)
    assert served.template is not None
    assert (served.template.family, server.asked) == ("Qwen2.5-Coder", ["GET /props"])


@pytest.mark.parametrize(
    ("props", "name", "family"),
    [
        ({"model_alias": "qwen2.5-coder", "model_path": "/m/weights.gguf"}, "qwen2.5-coder", "Qwen2.5-Coder"),
        ({"model_alias": "mine", "model_path": "/m/Qwen2.5-Coder-7B.gguf"}, "mine", "Qwen2.5-Coder"),
        ({"model_path": "/m/starcoder2-3b.gguf"}, "starcoder2-3b.gguf", "StarCoder2"),
        ({"model_path": "/m/llama-3.1-8b-instruct.gguf"}, "llama-3.1-8b-instruct.gguf", None),
    ],
)
async def test_the_template_is_that_of_the_alias_or_of_the_file(
    props: dict[str, Any], name: str, family: str | None
) -> None:
    """A server that is told to call its model something still has its file's name."""
    async with talking(with_props(props)) as endpoint:
        served = await endpoint.served()

    assert served == ServedModel(name, 512, served.template)
    assert (served.template.family if served.template else None) == family


def with_props(props: dict[str, Any]) -> RawLlama:
    """A server that says this of itself."""
    return RawLlama(raw={"GET /props": plain({"default_generation_settings": {"n_ctx": 512}, **props})})


async def test_a_model_that_only_chats_is_refused_for_a_hole_with_a_sentence() -> None:
    """The text says what to do; a prompt that is no hole is answered all the same."""
    async with talking(with_props({"model_path": "/m/llama-3.1-8b-instruct.gguf"})) as endpoint:
        refused = await failure(endpoint, ask(infill()))
        said = await text(endpoint, ask("hi"))

    assert type(refused) is EndpointRefused
    assert str(refused) == (
        "local: the model it serves cannot fill in the middle; use one that can, such as Qwen2.5-Coder"
    )
    assert said == "hello world"


async def test_a_model_without_the_tokens_its_name_promises_is_refused() -> None:
    """A control text that is several tokens to the server would be noise in the prompt."""
    raw = {"POST /tokenize": plain({"tokens": [1, 2, 3]})}
    async with talking(RawLlama(raw=raw)) as endpoint:
        refused = await failure(endpoint, ask(infill()))

    assert type(refused) is EndpointRefused
    assert re.fullmatch(r"the model has no token <\|\w+\|>: it is not of the family its name says", str(refused))


async def test_closing_early_closes_the_connection() -> None:
    """The server sees that nobody listens: that is what ends the decoding."""
    async with talking(server := RawLlama(pieces=["a"] * 100, piece_delay_s=0.001)) as endpoint:
        async with aclosing(endpoint.stream(ask("hi"))) as stream:
            await anext(stream)
        await until(lambda: server.cut == 1, "the server to see the cut")

    assert server.sent[0] < 100


async def test_cancelling_closes_the_connection() -> None:
    """Also while the model is still reading the prompt."""
    async with talking(server := RawLlama(first_delay_s=30)) as endpoint:
        task = asyncio.create_task(chunks(endpoint, ask("hi")))
        await until(lambda: server.inside == 1, "the request to be inside")
        task.cancel()
        await until(lambda: server.cut == 1, "the server to see the cut")

    assert task.cancelled()


async def test_the_connection_is_closed_when_closing_returns() -> None:
    """No stream of ours is left to the garbage collector, which would close it after the next request went in."""
    left: list[str] = []
    hooks = sys.get_asyncgen_hooks()

    def finalizer(generator: Any) -> None:
        if "nearline_router" in generator.ag_code.co_filename:
            left.append(generator.__qualname__)
        assert hooks.finalizer is not None
        hooks.finalizer(generator)

    async with talking(RawLlama(pieces=["a"] * 100, piece_delay_s=0.001)) as endpoint:
        sys.set_asyncgen_hooks(finalizer=finalizer)
        try:
            async with aclosing(endpoint.stream(ask("hi"))) as stream:
                await anext(stream)
        finally:
            sys.set_asyncgen_hooks(*hooks)

    assert left == []


async def test_streams_one_after_the_other_are_never_inside_together() -> None:
    """Each closed early, each followed at once by the next."""
    async with talking(server := RawLlama(pieces=["a"] * 100, piece_delay_s=0.001)) as endpoint:
        for _ in range(20):
            async with aclosing(endpoint.stream(ask("hi"))) as stream:
                await anext(stream)

    assert server.most_inside == 1
