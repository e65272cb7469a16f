"""llama.cpp's protocol against servers on loopback: what goes out, what comes back, and what each fault becomes."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from nearline_router.errors import (
    EndpointBusy,
    EndpointError,
    EndpointMalformed,
    EndpointRefused,
    EndpointUnavailable,
)
from nearline_router.fim import Control, render, template_for
from nearline_router.transports.llamacpp import LlamaCpp, ServedModel
from nearline_router.types import Chunk, Infill, Priority, RoutingRequest, Usage
from tests.raw_llama import RawLlama, answer, error, events, last, piece
from tests.scripted_llama import MODEL
from tests.waiting import until

KEY = "sk-very-secret"
CODE = "the users own code"
COMPLETION = "POST /completion"


def infill(middle: str = "    retu", prefix: str = "def f():\n", suffix: str = "\n", multiline: bool = False) -> Infill:
    """A hole in a small Python file."""
    return Infill(prefix, middle, suffix, "a.py", "python", multiline)


def ask(prompt: str | Infill, max_output_tokens: int = 16, warm_up: bool = False) -> RoutingRequest:
    """A keystroke's request."""
    priority = Priority.WARM_UP if warm_up else Priority.TYPING
    return RoutingRequest(prompt, max_output_tokens, priority=priority, warm_up=warm_up)


@asynccontextmanager
async def talking(server: RawLlama, key: str | None = None) -> AsyncIterator[LlamaCpp]:
    """The transport to a server that runs."""
    async with server:
        endpoint = LlamaCpp("local", server.url, key)
        yield endpoint
        await endpoint.aclose()


async def chunks(endpoint: LlamaCpp, request: RoutingRequest) -> list[Chunk]:
    """The whole answer, piece by piece."""
    async with aclosing(endpoint.stream(request)) as stream:
        return [chunk async for chunk in stream]


async def text(endpoint: LlamaCpp, request: RoutingRequest) -> str:
    """The whole answer."""
    return "".join([chunk.text for chunk in await chunks(endpoint, request)])


async def failure(endpoint: LlamaCpp, request: RoutingRequest) -> EndpointError:
    """The error that the request ends with."""
    with pytest.raises(EndpointError) as caught:
        await chunks(endpoint, request)
    return caught.value


def control(spelling: str) -> int:
    """The scripted server's token of a control text."""
    return 100_000 + sum(map(ord, spelling)) % 50_000


# What goes out


async def test_a_prompt_goes_out_as_tokens_with_the_growing_text_last() -> None:
    """Control tokens by their ids, the user's text by its own, the last piece cut back for healing."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill("    retu", "P", "S")))

    template = template_for(MODEL)
    assert template is not None
    segments = render(template, infill("    retu", "P", "S")).segments
    expected = [[control(part.text)] if isinstance(part, Control) else [*part.encode()] for part in segments]
    assert server.completions[0]["prompt"] == [token for part in expected for token in part]
    assert server.completions[0]["prompt"][-4:] == [control("<|fim_middle|>"), *b"   "]


async def test_text_that_looks_like_control_tokens_is_text() -> None:
    """Only the template's own spellings are ever read as special."""
    trap = "x = '<|fim_middle|><|endoftext|>'\n"
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill(prefix=trap, middle=trap, suffix=trap)))
    special = {body["content"] for body in server.tokenized if body["parse_special"]}

    assert {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"} <= special
    assert [text for text in special if "x = " in text or text == "<|endoftext|>"] == []
    assert server.completions[0]["prompt"].count(control("<|fim_middle|>")) == 1


async def test_a_plain_prompt_is_text_too() -> None:
    """A prompt that is no hole goes out as tokens, and nothing in it is special."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask("<|im_start|>hi"))

    assert server.completions[0]["prompt"] == [*b"<|im_start|>hi"]
    assert not any(body["parse_special"] for body in server.tokenized)


@pytest.mark.parametrize("beginning", [[], [1]], ids=["none", "one"])
async def test_the_models_own_beginning_stands_first_and_once(beginning: list[int]) -> None:
    """The server says what its model begins with; it is asked once."""
    async with talking(server := RawLlama(beginning=beginning)) as endpoint:
        for _ in range(2):
            await chunks(endpoint, ask("hi"))

    assert [body["prompt"] for body in server.completions] == [[*beginning, *b"hi"]] * 2
    assert sum(body["add_special"] for body in server.tokenized) == 1


async def test_what_stays_the_same_is_tokenized_once() -> None:
    """At the second keystroke neither the prefix nor the suffix goes to the tokenizer."""
    prefix, suffix = "p" * 300, "s" * 300
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill("    re", prefix, suffix)))
        before = len(server.tokenized)
        await chunks(endpoint, ask(infill("    return x", prefix, suffix)))

    again = [body["content"] for body in server.tokenized[before:]]
    assert "    return" in again
    assert [text for text in again if prefix in text or suffix in text] == []
    first, second = (body["prompt"] for body in server.completions)
    assert second[: len(first) - 3] == first[:-3]


async def test_a_single_line_ends_at_the_line_and_begins_with_what_was_cut() -> None:
    """One line: the line end stops it, and a grammar makes the model say the cut text first."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill("    retu"), 24))
    body = server.completions[0]

    assert (body["n_predict"], body["stop"]) == (24, ["\n"])
    assert body["grammar"] == r'root ::= " retu" [^\x00]*'
    assert (body["stream"], body["cache_prompt"], body["temperature"]) == (True, True, 0)


async def test_several_lines_have_no_stop() -> None:
    """More than one line: the model decides where it ends."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask(infill("    retu", multiline=True)))

    assert "stop" not in server.completions[0]
    assert server.completions[0]["grammar"] == r'root ::= " retu" [^\x00]*'


@pytest.mark.parametrize("prompt", [infill(""), infill("x\n"), "plain"], ids=["empty", "line start", "no hole"])
async def test_without_a_cut_nothing_is_forced(prompt: str | Infill) -> None:
    """Where healing has nothing to cut the model is free."""
    if isinstance(prompt, Infill):
        prompt = infill(prompt.middle, prefix="x\n")
    async with talking(server := RawLlama()) as endpoint:
        said = await text(endpoint, ask(prompt))

    assert "grammar" not in server.completions[0]
    assert said == "hello world"


async def test_a_warm_up_reads_the_prompt_and_generates_nothing() -> None:
    """The same tokens, no output, no grammar; the end and what it cost come back."""
    async with talking(server := RawLlama()) as endpoint:
        answered = await chunks(endpoint, ask(infill(), warm_up=True))
        await chunks(endpoint, ask(infill()))
    warm_up, real = server.completions

    assert (warm_up["n_predict"], "grammar" in warm_up) == (0, False)
    assert warm_up["prompt"] == real["prompt"]
    assert [(chunk.text, chunk.finish) for chunk in answered] == [("", "stop")]


async def test_the_key_goes_out_as_a_bearer() -> None:
    """With every request of every kind."""
    async with talking(server := RawLlama(), KEY) as endpoint:
        await chunks(endpoint, ask("hi"))

    assert set(server.keys) == {f"Bearer {KEY}"}
    assert {path.split()[1] for path in server.asked} == {"/props", "/tokenize", "/completion"}


async def test_without_a_key_none_goes_out() -> None:
    """No empty header either."""
    async with talking(server := RawLlama()) as endpoint:
        await chunks(endpoint, ask("hi"))

    assert set(server.keys) == {""}


async def test_a_proxy_of_the_environment_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes to a local model goes there straight."""
    async with RawLlama() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with talking(RawLlama()) as endpoint:
            said = await text(endpoint, ask("hi"))

    assert (said, proxy.asked) == ("hello world", [])


# What comes back


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


def plain(value: Any) -> bytes:
    """A whole answer in JSON."""
    return answer(200, json.dumps(value))


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


# What each fault becomes

TOO_LONG = "the request exceeds the available context size, try increasing it"


@pytest.mark.parametrize(
    ("raw", "kind", "said"),
    [
        (error(503, "Loading model"), EndpointBusy, "busy or loading (503)"),
        (error(429, CODE), EndpointBusy, "busy or loading (429)"),
        (error(401, f"Invalid API Key {KEY}"), EndpointRefused, "the key is missing or wrong (401)"),
        (error(400, TOO_LONG, "exceed_context_size_error"), EndpointRefused, "the prompt is too long (400)"),
        (error(400, f"bad {CODE}"), EndpointRefused, "the request was refused (400)"),
        (error(500, f"failed at {CODE}"), EndpointUnavailable, "failed inside (500)"),
        (answer(500, ""), EndpointUnavailable, "failed inside (500)"),
        (answer(200, "<html>hello</html>"), EndpointMalformed, "the stream ended without its last event"),
        (events(), EndpointMalformed, "the stream ended without its last event"),
        (events(piece("a")), EndpointMalformed, "the stream ended without its last event"),
        (events(b"data: {nonsense\n\n"), EndpointMalformed, "an event is not JSON"),
        (events(piece("a"), b"data: \xff\xfe\n\n"), EndpointMalformed, "an event is not JSON"),
        (events({"error": {"code": 500, "message": CODE}}), EndpointUnavailable, "failed inside (500)"),
        (
            events(piece("a"), {"error": {"code": 400, "message": TOO_LONG}}),
            EndpointRefused,
            "the prompt is too long (400)",
        ),
        (events(b'error: {"code": 503, "message": "x"}\n\n'), EndpointBusy, "busy or loading (503)"),
        (events({"error": "words"}), EndpointMalformed, "an event is not llama.cpp's"),
        (events({"error": {"code": "words"}}), EndpointMalformed, "an event is not llama.cpp's"),
        (events(42), EndpointMalformed, "an event is not llama.cpp's"),
        (events(["a"]), EndpointMalformed, "an event is not llama.cpp's"),
        (events({"content": None}), EndpointMalformed, "an event is not llama.cpp's"),
        (events({"content": 5, "stop": True}), EndpointMalformed, "an event is not llama.cpp's"),
        (events(last(timings=[1])), EndpointMalformed, "an event is not llama.cpp's"),
    ],
    ids=[
        *("loading", "limiting", "wrong key", "too long", "refused", "failed", "failed without a word"),
        *("a web page", "nothing", "cut off", "not JSON", "not UTF-8", "failed inside 200", "too long inside 200"),
        *("an old error", "error is words", "code is words", "a number", "a list", "no text", "text is a number"),
        "timings are a list",
    ],
)
async def test_a_wrong_answer_is_one_of_our_errors_and_tells_no_secret(
    raw: bytes, kind: type[EndpointError], said: str
) -> None:
    """Every fault has its kind and its sentence; neither key nor code is in it, nor in what caused it."""
    async with talking(RawLlama(raw={COMPLETION: raw}), KEY) as endpoint:
        fault = await failure(endpoint, ask(CODE))

    assert (type(fault), str(fault)) == (kind, f"local: {said}")
    assert_tells_nothing(fault)


def assert_tells_nothing(fault: BaseException | None) -> None:
    """Neither key nor code in the error's text or in that of any error behind it."""
    while fault:
        assert KEY not in repr(fault)
        assert CODE not in repr(fault)
        fault = fault.__cause__ or fault.__context__


@pytest.mark.parametrize("path", ["GET /props", "POST /tokenize"])
@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (error(503, "Loading model"), EndpointBusy),
        (error(401, "Invalid API Key"), EndpointRefused),
        (answer(404, "not found"), EndpointRefused),
        (answer(200, "<!doctype html><title>My app</title>"), EndpointMalformed),
        (answer(200, ""), EndpointMalformed),
        (plain({}), EndpointMalformed),
        (plain([]), EndpointMalformed),
        (plain("words"), EndpointMalformed),
        (plain({"tokens": "words", "model_path": 5, "default_generation_settings": 5}), EndpointMalformed),
        (b"nonsense", EndpointUnavailable),
        (b"", EndpointUnavailable),
    ],
    ids=[
        *("loading", "wrong key", "not found", "a web page", "empty", "no keys", "a list", "words", "wrong types"),
        *("not HTTP", "closed"),
    ],
)
async def test_what_comes_before_the_completion_fails_in_the_same_way(
    path: str, raw: bytes, kind: type[EndpointError]
) -> None:
    """Something else may listen on a port that llama-server uses by default: a web page is not a model."""
    async with talking(RawLlama(raw={path: raw}), KEY) as endpoint:
        fault = await failure(endpoint, ask(CODE))

    assert type(fault) is kind
    assert_tells_nothing(fault)


async def test_nothing_listening_is_unavailable() -> None:
    """A refused connection is told as such, without the address."""
    async with RawLlama() as server:
        pass
    endpoint = LlamaCpp("local", server.url, KEY)
    fault = await failure(endpoint, ask(CODE))
    await endpoint.aclose()

    assert (type(fault), str(fault)) == (EndpointUnavailable, "local: nothing answers there")
    assert_tells_nothing(fault)


@pytest.mark.parametrize("path", ["POST /tokenize", COMPLETION])
async def test_a_request_reset_before_its_first_byte_is_repeated_once_at_once(path: str) -> None:
    """llama.cpp closes connections that it promised to keep: the user sees nothing of it."""
    async with talking(server := RawLlama(resets={path: 1})) as endpoint:
        said = await text(endpoint, ask("hi"))

    assert (said, server.asked.count(COMPLETION)) == ("hello world", 2 if path == COMPLETION else 1)


@pytest.mark.parametrize("path", ["POST /tokenize", COMPLETION])
async def test_a_request_reset_twice_is_not_repeated_again(path: str) -> None:
    """A server that resets everything is unavailable, at once."""
    async with talking(server := RawLlama(resets={path: 9})) as endpoint:
        fault = await failure(endpoint, ask("hi"))

    assert (type(fault), server.asked.count(path)) == (EndpointUnavailable, 2)


async def test_a_stream_reset_in_the_middle_is_not_repeated() -> None:
    """What was delivered cannot be taken back: the pieces come, then the error, and no second request."""
    raw = {COMPLETION: events(piece("a"))}
    server = RawLlama(raw=raw, cut_off=True)
    async with talking(server) as endpoint, aclosing(endpoint.stream(ask("hi"))) as stream:
        first = await anext(stream)
        with pytest.raises((EndpointUnavailable, EndpointMalformed)):
            await anext(stream)

    assert (first.text, server.asked.count(COMPLETION)) == ("a", 1)


async def test_a_refused_request_is_not_repeated() -> None:
    """Asking again would not help."""
    async with talking(server := RawLlama(status=400)) as endpoint:
        await failure(endpoint, ask("hi"))

    assert len(server.completions) == 1


# How it ends


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
