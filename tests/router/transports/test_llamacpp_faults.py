"""llama.cpp's protocol against servers on loopback: what each fault becomes."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from nearline_router.errors import (
    EndpointBusy,
    EndpointCut,
    EndpointError,
    EndpointMalformed,
    EndpointRefused,
    EndpointStarting,
    EndpointTooLong,
    EndpointUnauthorized,
    EndpointUnavailable,
)
from nearline_router.transports.llamacpp import LlamaCpp
from tests.raw_llama import RawLlama, answer, error, events, last, piece, plain
from tests.router.transports.asking import CODE, COMPLETION, KEY, ask, failure, talking, text

TOO_LONG = "the request exceeds the available context size, try increasing it"


@pytest.mark.parametrize(
    ("raw", "kind", "said"),
    [
        (error(503, "Loading model"), EndpointStarting, "busy or loading (503)"),
        (error(429, CODE), EndpointBusy, "busy or loading (429)"),
        (error(401, f"Invalid API Key {KEY}"), EndpointUnauthorized, "the key is missing or wrong (401)"),
        (error(400, TOO_LONG, "exceed_context_size_error"), EndpointTooLong, "the prompt is too long (400)"),
        (error(400, f"bad {CODE}"), EndpointRefused, "the request was refused (400)"),
        (error(500, f"failed at {CODE}"), EndpointUnavailable, "failed inside (500)"),
        (answer(500, ""), EndpointUnavailable, "failed inside (500)"),
        (answer(200, "<html>hello</html>"), EndpointCut, "the stream ended without its last event"),
        (events(), EndpointCut, "the stream ended without its last event"),
        (events(piece("a")), EndpointCut, "the stream ended without its last event"),
        (events(b"data: {nonsense\n\n"), EndpointMalformed, "an event is not JSON"),
        (events(piece("a"), b"data: \xff\xfe\n\n"), EndpointMalformed, "an event is not JSON"),
        (events({"error": {"code": 500, "message": CODE}}), EndpointUnavailable, "failed inside (500)"),
        (
            events(piece("a"), {"error": {"code": 400, "message": TOO_LONG}}),
            EndpointTooLong,
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
        (error(503, "Loading model"), EndpointStarting),
        (error(401, "Invalid API Key"), EndpointUnauthorized),
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
