"""Our protocols against servers that others wrote: llama.cpp's own routes with the real model, and aimock.

aimock (npm, MIT, no dependencies) plays OpenAI, Anthropic and Ollama, and is compared by its authors to the real ones.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from nearline_router.errors import (
    EndpointBusy,
    EndpointTooLong,
    EndpointUnauthorized,
    EndpointUnavailable,
)
from nearline_router.transports.build import auth_headers, base_url, transport, warm_path
from nearline_router.types import Chat, Chunk, Endpoint, Infill, Message, Prompt
from nearline_router.warm.session import Session
from tests.engines import HostedEngine
from tests.router.transports.speaking import ask, chunks, failure, last, profile, text
from tests.waiting import wait_until

HOLE = Infill("def add(a, b):\n", "    return a +", "\n\n\nprint(add(1, 2))\n", "add.py", "python")
CHAT = Chat("You answer in one word.", (Message("user", "What colour is the sky on a clear day?"),))
LLAMA_WAYS: list[tuple[str, Prompt]] = [("vllm", CHAT), ("vllm", HOLE), ("anthropic", CHAT)]
llama_way = pytest.mark.parametrize(("provider", "prompt"), LLAMA_WAYS, ids=["chat", "completions", "messages"])

PEERS = Path(__file__).parents[1] / "peers" / "node_modules" / ".bin"
GREETING = "Hello there, how can I help you today?"
FIXTURES = {
    "fixtures": [
        {"match": {"userMessage": "greet"}, "response": {"content": GREETING}, "chunkSize": 10},
        {
            "match": {"userMessage": "limit"},
            "response": {"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429},
        },
        {
            "match": {"userMessage": "cut"},
            "response": {"content": GREETING},
            "chunkSize": 5,
            "truncateAfterChunks": 6,
            "streamingProfile": {"ttft": 1, "tps": 100},
        },
    ]
}


@asynccontextmanager
async def peer(provider: str, url: str, key: str | None = None) -> AsyncIterator[tuple[Endpoint, Session]]:
    """A provider's transport to a server, and the session it uses."""
    there = profile(provider, url)
    session = Session(there.id, base_url(there), auth_headers(there, key), local=True)
    yield transport(there, session), session
    await session.aclose()


def too_long(prompt: Prompt) -> Prompt:
    """The same with more text than the engine's context holds."""
    much = "one more word and " * 3000
    return (
        Infill(much, "", "\n", "a.py", "python") if isinstance(prompt, Infill) else Chat("", (Message("user", much),))
    )


@llama_way
async def test_llama_cpps_own_routes_answer_as_theirs_do(engine: HostedEngine, provider: str, prompt: Prompt) -> None:
    """Text in pieces, a finish at the limit, and the tokens that llama.cpp counted."""
    async with peer(provider, engine.state.url, engine.state.key) as (endpoint, _):
        answer = await chunks(endpoint, ask(prompt, 2))
    usage = answer[-1].usage

    assert "".join(chunk.text for chunk in answer).strip() != ""
    assert answer[-1].finish in ("stop", "length")
    assert usage is not None
    assert (usage.evaluated_tokens or 0) + (usage.cached_tokens or 0) > 5
    assert 1 <= (usage.output_tokens or 0) <= 2


async def test_the_real_model_fills_a_hole_that_is_sent_as_text(engine: HostedEngine) -> None:
    """The template's control tokens are read as such: the answer continues the line and knows the parameter."""
    async with peer("vllm", engine.state.url, engine.state.key) as (endpoint, _):
        assert (await text(endpoint, ask(HOLE))).strip() == "b"


@llama_way
async def test_a_warm_up_fills_llama_cpps_prompt_cache(engine: HostedEngine, provider: str, prompt: Prompt) -> None:
    """What the warm-up read need not be read again. (Anthropic's profile is not local, so it sends nothing.)"""
    async with peer(provider, engine.state.url, engine.state.key) as (endpoint, _):
        warmed = await chunks(endpoint, ask(prompt, warm_up=True))
        usage = (await last(endpoint, ask(prompt, 1))).usage

    assert [chunk.text for chunk in warmed] == [""]
    if provider == "anthropic":
        assert warmed == [Chunk("", "stop")]
    else:
        assert usage is not None
        assert (usage.evaluated_tokens or 0) <= 2 < (usage.cached_tokens or 0)


@llama_way
async def test_llama_cpp_refuses_too_long_a_prompt_in_its_own_words(
    engine: HostedEngine, provider: str, prompt: Prompt
) -> None:
    """They are understood on every route."""
    async with peer(provider, engine.state.url, engine.state.key) as (endpoint, _):
        assert type(await failure(endpoint, ask(too_long(prompt)))) is EndpointTooLong


@llama_way
async def test_llama_cpp_refuses_a_wrong_key(engine: HostedEngine, provider: str, prompt: Prompt) -> None:
    """On every route, with a key in either header."""
    async with peer(provider, engine.state.url, "wrong") as (endpoint, _):
        assert type(await failure(endpoint, ask(prompt))) is EndpointUnauthorized


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an aimock server."""
    program = shutil.which("llmock", path=str(PEERS))
    if program is None:
        pytest.fail(
            "these tests use aimock, which is not installed; get it with `npm ci --prefix tests/peers`", pytrace=False
        )
    folder = tmp_path_factory.mktemp("aimock")
    (folder / "fixtures.json").write_text(json.dumps(FIXTURES))
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([program, "-p", "0", "-f", folder / "fixtures.json"], stdout=output, stderr=output)
    try:
        listening = wait_until(lambda: re.search(r"listening on (http://\S+)", log.read_text()), "aimock to start")
        assert listening is not None
        yield listening[1]
    finally:
        process.terminate()
        process.wait(10)


aimock_way = pytest.mark.parametrize("provider", ["openai", "openrouter", "anthropic", "ollama"])


@aimock_way
async def test_aimocks_answer_is_read_as_it_was_meant(aimock: str, provider: str) -> None:
    """In pieces, to its end."""
    async with peer(provider, aimock, "sk-any") as (endpoint, _):
        answer = await chunks(endpoint, ask("greet"))
    pieces = [chunk.text for chunk in answer if chunk.text]

    assert ("".join(pieces), answer[-1].finish) == (GREETING, "stop")
    assert len(pieces) > 1
    assert answer[-1].usage is not None


async def test_aimocks_ollama_fills_a_hole(aimock: str) -> None:
    """Prompt and suffix are fields of their own there."""
    async with peer("ollama", aimock) as (endpoint, _):
        assert await text(endpoint, ask(Infill("gre", "et", "\n", "a.py", "python", multiline=True))) == GREETING


@aimock_way
async def test_aimocks_rate_limit_is_busy_for_as_long_as_it_says(aimock: str, provider: str) -> None:
    """With Retry-After, and OpenAI's own headers beside it."""
    async with peer(provider, aimock, "sk-any") as (endpoint, _):
        error = await failure(endpoint, ask("limit"))

    assert isinstance(error, EndpointBusy)
    assert error.retry_after_s == 1.0


async def read_into(pieces: list[str], endpoint: Endpoint, prompt: Prompt) -> None:
    """What comes of an answer, also of one that fails."""
    async with aclosing(endpoint.stream(ask(prompt))) as stream:
        async for chunk in stream:
            pieces.append(chunk.text)  # noqa: PERF401 (kept also when it ends in an error)


@aimock_way
async def test_an_answer_that_aimock_breaks_off_is_not_taken_for_whole(aimock: str, provider: str) -> None:
    """What came is passed on, then the error."""
    pieces: list[str] = []
    async with peer(provider, aimock, "sk-any") as (endpoint, _):
        with pytest.raises(EndpointUnavailable):
            await read_into(pieces, endpoint, "cut")

    assert GREETING.startswith("".join(pieces))
    assert 0 < len("".join(pieces)) < len(GREETING)


async def test_what_keeps_a_connection_warm_is_answered(aimock: str, engine: HostedEngine) -> None:
    """By real routes, with the key."""
    async with peer("openai", aimock, "sk-any") as (_, session):
        assert (await session.get(warm_path(profile("openai")))).status_code == 200
    async with peer("vllm", engine.state.url, engine.state.key) as (_, session):
        assert (await session.get(warm_path(profile("vllm")))).status_code == 200
    async with peer("anthropic", engine.state.url, engine.state.key) as (_, session):
        assert (await session.get(warm_path(profile("anthropic")))).status_code == 200
