"""Endpoints asked how they are: what is asked, what is found, and that nobody waits for a dead one."""

from __future__ import annotations

import asyncio
from typing import Any

import psutil
import pytest

from nearline_router.checkup import endpoints
from nearline_router.checkup.endpoints import NO_KEY, NOT_RUNNING, STANDS_IN, STAYS, Checkup, checkups
from nearline_router.checkup.speed import Measured, measured
from nearline_router.config.models import RouterConfig
from nearline_router.engine.state import EngineState, engine_dir, write_state
from nearline_router.types import Endpoint
from tests.raw_llama import RawLlama, answer, events, plain

KEY = "a-key-that-nobody-may-see-0123456789"
ALONE = {"enabled": False, "discover": False}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing learned before, and no proxy between."""
    monkeypatch.setenv("NEARLINE_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


async def found(endpoint: dict[str, Any], **more: Any) -> Checkup:
    """The checkup of one endpoint, which has nothing beside it."""
    config = RouterConfig.model_validate({"endpoints": {"one": endpoint}, "engine": ALONE})
    return (await checkups(config, **more))[0]


def props(path: str, n_ctx: int = 8192, **more: object) -> bytes:
    """llama.cpp's `/props`."""
    return plain({"model_path": path, "default_generation_settings": {"n_ctx": n_ctx}, **more})


async def test_a_llama_cpp_server_is_asked_and_measured() -> None:
    """Its model, its context, its quantisation and its speed."""
    meta = {"n_params": 70_553_706_496, "size": 42_520_395_776}
    raw = {
        "GET /props": props(r"C:\models\Llama-3.3-70B-Instruct-Q4_K_M.gguf"),
        "GET /v1/models": plain({"data": [{"id": "any", "meta": meta}]}),
    }
    async with RawLlama(list("abcdef"), raw=raw) as server:
        checkup = await found({"host": server.url})

    assert (checkup.state, checkup.trouble) == ("answers", "")
    assert checkup.told is not None
    assert checkup.told.models == ("Llama-3.3-70B-Instruct-Q4_K_M.gguf",)
    assert checkup.told.context_tokens == 8192
    assert str(checkup.told.quantization) == "70.6B parameters, Q4_K_M"
    assert checkup.speed is not None
    assert checkup.speed.prefill_tokens_per_s > 0
    assert len(server.completions) == 1


async def test_a_server_s_own_word_for_its_file_type_counts() -> None:
    """Newer llama.cpp servers say it, whatever the file is called."""
    raw = {"GET /props": props("/models/mine.gguf", model_ftype="Q2_K - Medium")}
    async with RawLlama(raw=raw) as server:
        checkup = await found({"host": server.url})

    assert checkup.told is not None
    assert checkup.told.quantization.bits == 2


async def test_two_checkups_read_prompts_that_differ() -> None:
    """A prompt that the server's cache holds would measure nothing."""
    async with RawLlama() as server:
        await found({"host": server.url})
        await found({"host": server.url})
        first, second = (completion["prompt"] for completion in server.completions)

    assert first != second


async def test_a_server_that_answers_and_fails_to_complete_fails() -> None:
    """Its `/props` alone completes no code."""
    async with RawLlama(raw={"POST /completion": answer(500, "{}")}) as server:
        checkup = await found({"host": server.url})

    assert (checkup.state, checkup.trouble) == ("fails", "failed inside (500)")
    assert checkup.told is not None


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(401, "the key is missing or wrong (401)"), (503, "busy or loading (503)"), (404, "address (404)")],
)
async def test_a_server_that_refuses_fails_with_its_reason(status: int, trouble: str) -> None:
    """Without what the server said, since that may hold anything."""
    async with RawLlama(raw={"GET /props": answer(status, f'{{"error": "{KEY}"}}')}) as server:
        checkup = await found({"host": server.url})

    assert (checkup.state, checkup.told, checkup.speed) == ("fails", None, None)
    assert trouble in checkup.trouble
    assert KEY not in str(checkup)


async def test_a_server_that_speaks_something_else_fails() -> None:
    """Port 8080 is a popular one."""
    async with RawLlama(raw={"GET /props": answer(200, "<html>")}) as server:
        checkup = await found({"host": server.url})

    assert checkup.state == "fails"
    assert checkup.trouble == "what it answers to /props is not of its protocol"


async def test_a_server_that_is_not_there_fails() -> None:
    """At once."""
    async with RawLlama() as server:
        url = server.url
    checkup = await found({"host": url})

    assert (checkup.state, checkup.trouble) == ("fails", "nothing answers there")


@pytest.mark.parametrize("provider", ["llamacpp", "ollama", "vllm"])
async def test_nobody_waits_for_a_server_that_says_nothing(provider: str) -> None:
    """It has so much time and no more."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client leaves
        writer.close()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    checkup = await found({"provider": provider, "host": url}, limit_s=0.1)
    await left.wait()
    server.close()

    assert (checkup.state, checkup.trouble) == ("fails", "no answer within 0.1 s")


async def test_a_server_too_slow_to_be_measured_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said of itself is kept, and no speed is made up."""

    async def impatiently(endpoint: Endpoint, nonce: str, _: float) -> Measured | None:
        return await measured(endpoint, nonce, asyncio.get_running_loop().time() + 0.05)

    monkeypatch.setattr(endpoints, "measured", impatiently)
    async with RawLlama(first_delay_s=60.0) as server:
        checkup = await found({"host": server.url})

    assert (checkup.state, checkup.speed) == ("answers", None)


CLOUD = {"provider": "openai", "model": "gpt-large", "api_key_env": "SOME_API_KEY"}


async def test_a_cloud_endpoint_is_asked_by_two_gets_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once cold and once warm; no prompt is sent, and the key is in nothing that comes out."""
    monkeypatch.setenv("SOME_API_KEY", KEY)
    listing = plain({"data": [{"id": "gpt-large"}, {"id": "gpt-small"}]})
    async with RawLlama(raw={"GET /v1/models": listing}) as server:
        checkup = await found(CLOUD | {"host": server.url})

    assert server.asked == ["GET /v1/models"] * 2
    assert server.keys == [f"Bearer {KEY}"] * 2
    assert checkup.told is not None
    assert checkup.told.models == ("gpt-large", "gpt-small")
    assert (checkup.told.cold_ms > 0, checkup.told.warm_ms > 0) == (True, True)
    assert (checkup.state, checkup.key, checkup.key_missing) == ("answers", "environment variable SOME_API_KEY", "")
    assert KEY not in str(checkup)


async def test_a_server_without_a_list_of_models_still_answers() -> None:
    """Some that speak OpenAI's protocol have none; its address may also be wrong."""
    async with RawLlama(raw={"GET /v1/models": answer(404, "{}")}) as server:
        checkup = await found({"provider": "vllm", "host": server.url, "model": "any"})

    assert checkup.told is not None
    assert (checkup.state, checkup.told.models, checkup.told.refuses) == ("answers", None, True)


async def test_a_llama_cpp_server_without_a_list_of_models_is_measured_all_the_same() -> None:
    """What it serves stands in `/props`."""
    async with RawLlama(raw={"GET /v1/models": answer(404, "{}")}) as server:
        checkup = await found({"host": server.url})

    assert (checkup.state, checkup.speed is not None) == ("answers", True)


async def test_openrouter_is_asked_for_the_key_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its list of models is long, and tells nothing of the key."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    async with RawLlama(raw={"GET /v1/key": plain({"data": {"limit": None}})}) as server:
        checkup = await found({"provider": "openrouter", "host": server.url, "model": "any"})

    assert server.asked == ["GET /v1/key"] * 2
    assert checkup.told is not None
    assert checkup.told.models is None


async def test_a_page_of_a_list_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model may be on the next one."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    page = plain({"data": [{"id": "claude"}], "has_more": True})
    async with RawLlama(raw={"GET /v1/models": page}) as server:
        checkup = await found({"provider": "anthropic", "host": server.url, "model": "other"})

    assert checkup.told is not None
    assert checkup.told.models is None


async def test_without_its_key_nothing_is_asked() -> None:
    """Which variable is missing is said."""
    async with RawLlama() as server:
        checkup = await found(CLOUD | {"host": server.url})

    assert (checkup.state, checkup.trouble) == ("not asked", NO_KEY)
    assert (checkup.key, checkup.key_missing) == ("environment variable SOME_API_KEY", "it is not set")
    assert server.asked == []


@pytest.mark.parametrize(
    ("setting", "argument"),
    [({"offline": True}, False), ({"residency": {"everything": True}}, False), ({}, True)],
    ids=["offline", "everything stays", "asked for"],
)
async def test_where_nothing_may_leave_only_local_endpoints_are_asked(
    monkeypatch: pytest.MonkeyPatch, setting: dict[str, Any], argument: bool
) -> None:
    """Not even for how they are."""
    monkeypatch.setenv("SOME_API_KEY", KEY)
    async with RawLlama() as near, RawLlama() as far:
        endpoints = {"near": {"host": near.url}, "far": CLOUD | {"host": far.url}}
        config = RouterConfig.model_validate({"endpoints": endpoints, "engine": ALONE, **setting})
        first, second = await checkups(config, offline=argument)

    assert (first.state, second.state, second.trouble) == ("answers", "not asked", STAYS)
    assert (near.asked != [], far.asked) == (True, [])


async def test_ollama_tells_what_it_has_and_what_is_loaded() -> None:
    """With the size and the quantisation of the model."""
    details = {"parameter_size": "70.6B", "quantization_level": "Q2_K"}
    raw = {
        "GET /api/tags": plain({"models": [{"name": "llama3.3:latest", "details": details}]}),
        "GET /api/ps": plain({"models": [{"name": "llama3.3:latest", "context_length": 4096}]}),
    }
    async with RawLlama(raw=raw) as server:
        checkup = await found({"provider": "ollama", "host": server.url, "model": "llama3.3"})

    assert checkup.told is not None
    assert (checkup.told.models, checkup.told.loaded, checkup.told.context_tokens) == (("llama3.3:latest",), True, 4096)
    assert checkup.told.quantization.too_coarse
    assert checkup.speed is None


async def test_vllm_tells_the_context_of_the_model() -> None:
    """Of the one that is asked for."""
    raw = {"GET /v1/models": plain({"data": [{"id": "a"}, {"id": "b", "max_model_len": 16384}]})}
    async with RawLlama(raw=raw) as server:
        checkup = await found({"provider": "vllm", "host": server.url, "model": "b"})

    assert checkup.told is not None
    assert checkup.told.context_tokens == 16384


async def test_the_embedded_engine_is_measured_where_it_runs() -> None:
    """With its own key; one that does not run is not started."""
    config = RouterConfig.model_validate({"engine": {"discover": False, "model": "/nowhere/model.gguf"}})
    before = (await checkups(config))[0]
    async with RawLlama() as server:
        process = psutil.Process()
        folder = engine_dir("/nowhere/model.gguf")
        write_state(folder, EngineState(server.url, KEY, "tiny.gguf", process.pid, process.create_time()))
        running = (await checkups(config))[0]

    assert (before.state, before.trouble) == ("not asked", NOT_RUNNING)
    assert (running.state, running.speed is not None) == ("answers", True)
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert KEY not in str(running)


async def test_what_only_stands_in_is_not_asked() -> None:
    """The server it would find is that of another endpoint."""
    async with RawLlama() as server:
        config = RouterConfig.model_validate({"endpoints": {"mine": {"host": server.url}}})
        mine, built_in = await checkups(config)

    assert (mine.state, built_in.state, built_in.trouble) == ("answers", "not asked", STANDS_IN)
    assert len(server.completions) == 1


async def test_a_bad_stream_is_a_failure_with_its_reason() -> None:
    """A stream that ends without its end."""
    async with RawLlama(raw={"POST /completion": events()}) as server:
        checkup = await found({"host": server.url})

    assert (checkup.state, checkup.trouble) == ("fails", "the stream ended without its last event")
