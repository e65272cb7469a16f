"""The one door: what a configuration makes of it, how it decides, and what it keeps away from."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nearline_router.breaker import BreakerState
from nearline_router.config import EndpointConfig, EngineConfig, RouterConfig
from nearline_router.engine.catalogue import DEFAULT_MODEL_ID, find_model
from nearline_router.errors import ConfigError, EndpointStarting, EndpointUnavailable, NoEndpoint
from nearline_router.router import Router
from nearline_router.types import RoutingRequest
from tests.raw_llama import RawLlama
from tests.scripted_llama import MODEL, ScriptedLlama

SEED = Path(__file__).parents[2] / "config" / "llm-routing-config.yaml"
REQUEST = RoutingRequest("hi", 8)
ALONE = EngineConfig(enabled=False, discover=False)

# What an import brings along, and what a router does until the first request is decided.
WATCHED = """
import sys

events = []
sys.addaudithook(lambda name, args: events.append(name) if name.startswith("socket.") else None)
import nearline_router
import nearline_router.router as module
from nearline_router.types import Infill, RoutingRequest

foreign = ("pygls", "lsprotocol", "nearline_server", "xllamacpp")
print([name for name in sys.modules if name.split(".")[0] in foreign])
router = module.Router.from_file(None)
print(events)
requests = [RoutingRequest("p" * 10000, 8), RoutingRequest(Infill("p", "m", "s", "a.py", "python"), 8)]
deciding = []
sys.addaudithook(lambda name, args: deciding.append(name))
for request in requests * 50:
    router.decide(request)
found = list(deciding)
print(found)
"""


def configured(url: str, **more: object) -> Router:
    """A router with one local server and nothing else."""
    endpoint = EndpointConfig.model_validate({"host": url, **more})
    return Router(RouterConfig(endpoints={"mac-studio": endpoint}, engine=ALONE))


async def text(router: Router, request: RoutingRequest = REQUEST) -> str:
    """The whole answer."""
    return "".join([chunk.text async for chunk in router.stream(request)])


def test_without_a_file_there_is_one_local_endpoint_with_the_default_model() -> None:
    """Zero configuration works: the embedded engine and the small model."""
    router = Router.from_file(None)

    assert (list(router.upstreams), router.config) == (["local"], RouterConfig())
    assert router.model == find_model(DEFAULT_MODEL_ID)
    assert router.engine_params is not None
    assert Path(router.engine_params.model_path).name == find_model(DEFAULT_MODEL_ID).file_name


def test_a_file_is_read(tmp_path: Path) -> None:
    """As a path or as text; the engine gets what stands there."""
    path = tmp_path / "nearline.yaml"
    path.write_text("engine: {context_tokens: 2048, idle_s: 5, threads: 3, model: /models/mine.gguf}\n")
    params = Router.from_file(str(path)).engine_params

    assert params == Router.from_file(path).engine_params
    assert params is not None
    assert (params.model_path, params.context_tokens, params.idle_s, params.threads) == (
        str(Path("/models/mine.gguf")),
        2048,
        5,
        3,
    )
    assert Router.from_file(path).model is None


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    """The mistake comes out as it was found."""
    path = tmp_path / "nearline.yaml"
    path.write_text("engine: {idle: 1}\n")

    with pytest.raises(ConfigError, match=r"nearline\.yaml:1:10: engine\.idle: unknown key"):
        Router.from_file(path)


def test_the_engine_can_be_switched_off(tmp_path: Path) -> None:
    """Then there is nothing to start it with."""
    path = tmp_path / "nearline.yaml"
    path.write_text("engine: {enabled: false}\n")

    assert Router.from_file(path).engine_params is None


def test_the_reference_designs_file_makes_a_router() -> None:
    """Its machine, its cloud models, and the embedded engine that stands in where code has to be filled in."""
    router = Router.from_file(SEED)

    assert list(router.upstreams) == ["local", "cloud", "cloud:deepseek-v3.1", "cloud:llama-3.3-70b", "embedded"]
    assert router.completing is router.upstreams["embedded"]


def test_deciding_changes_nothing() -> None:
    """The same request has the same decision, however often it is asked."""
    router = Router.from_file(SEED)
    request = replace(REQUEST, requires_data_sovereignty=True)

    first = router.decide(request, assume_ready=True)

    assert (first.endpoint, first.rule, router.last) == ("local", "compliance", None)
    assert (
        first == router.decide(request, assume_ready=True) == Router.from_file(SEED).decide(request, assume_ready=True)
    )


async def test_a_request_is_answered_by_the_configured_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the key that the named environment variable holds; the text comes after the word on the queue."""
    monkeypatch.setenv("MAC_STUDIO_API_KEY", "sk-1")
    async with RawLlama() as server:
        router = configured(server.url, api_key_env="MAC_STUDIO_API_KEY")
        status = await router.ready()
        chunks = [chunk async for chunk in router.stream(REQUEST)]
        await router.aclose()

    assert (status.state, status.model) == ("ready", MODEL)
    assert (chunks[0].endpoint, chunks[1].queued_ms is not None) == ("mac-studio", True)
    assert "".join(chunk.text for chunk in chunks) == "hello world"
    assert set(server.keys) == {"Bearer sk-1"}


async def test_a_request_before_anything_is_ready_is_refused_at_once() -> None:
    """And sets off what makes it ready."""
    async with ScriptedLlama() as server:
        router = configured(server.url)
        with pytest.raises(EndpointStarting, match="mac-studio: not started yet"):
            await text(router)
        await router.ready()
        said = await text(router)
        await router.aclose()

    assert said == "hello world"


async def test_what_needs_sovereignty_never_reaches_a_cloud_endpoint() -> None:
    """Not even when the cloud is all there is: the request fails, and the cloud has seen nothing."""
    async with RawLlama() as cloud:
        endpoint = EndpointConfig(provider="openai-compatible", host=cloud.url, local=False, model="m")
        router = Router(RouterConfig(endpoints={"cloud": endpoint}, engine=ALONE))
        with pytest.raises(NoEndpoint, match="no local endpoint is left"):
            await text(router, replace(REQUEST, requires_data_sovereignty=True))
        await router.aclose()

    assert cloud.asked == []


async def test_no_more_than_max_concurrency_are_inside() -> None:
    """The configured number is the limit, and it is used."""
    async with ScriptedLlama(piece_delay_s=0.005) as server:
        router = configured(server.url, max_concurrency=2)
        await router.ready()
        await asyncio.gather(*[text(router) for _ in range(6)])
        await router.aclose()

    assert server.most_inside == 2


def test_the_router_knows_no_lsp_opens_no_connection_and_decides_without_io() -> None:
    """Importing and building it loads no language server and no engine; a decision touches nothing outside."""
    watched = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, check=False, timeout=60)

    assert watched.stderr == ""
    foreign, connections, deciding = watched.stdout.splitlines()
    assert (foreign, connections, deciding) == ("[]", "[]", "[]")


async def test_a_server_that_came_back_needs_no_probe() -> None:
    """It said itself that it is there: the breaker that its absence opened is closed."""
    async with ScriptedLlama() as server:
        router = configured(server.url)
        breaker = router.upstreams["mac-studio"].breaker
        for _ in range(3):
            permit = breaker.enter()
            assert permit is not None
            permit.failed(EndpointUnavailable("away"))
        assert breaker.state is BreakerState.OPEN

        await router.ready()

        assert breaker.state is BreakerState.CLOSED
        await router.aclose()
