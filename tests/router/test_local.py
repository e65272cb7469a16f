"""The model near the user: what is tried in which order, what is told, and that a request never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nearline_router.engine.host import EngineParams
from nearline_router.engine.state import EngineState
from nearline_router.engine.supervisor import EngineSupervisor
from nearline_router.errors import EndpointBusy, EndpointUnavailable, EngineError
from nearline_router.local import LocalEndpoint, LocalStatus, Server
from nearline_router.types import RoutingRequest
from tests.raw_llama import RawLlama, answer
from tests.scripted_llama import MODEL, ScriptedLlama
from tests.waiting import settle, until

READY = LocalStatus("ready", f"{MODEL} is ready", MODEL)
LOOKING = LocalStatus("starting", "looking for a local model")
STARTING = LocalStatus("starting", "starting the local engine")
LOST = LocalStatus("starting", "the local model stopped answering; bringing it back")
NOWHERE = Server("http://127.0.0.1:9")
REQUEST = RoutingRequest("hi", 8)


class ScriptedEngine(EngineSupervisor):
    """An engine that starts when the test opens the gate: as a server of the test, or not at all.

    `lives` and `deaths` count what it is told.
    """

    def __init__(self, *outcomes: ScriptedLlama | EngineError) -> None:
        super().__init__(EngineParams("model.gguf", "nowhere"))
        self.outcomes = list(outcomes)
        self.gate = asyncio.Event()
        self.gate.set()
        self.starts = self.lives = self.deaths = 0

    @property
    def wait_s(self) -> float:
        """A moment, as long as there is something left to try."""
        return 0.001 if self.deaths and self.outcomes else 0

    async def ensure(self) -> EngineState:
        """The next outcome."""
        self.starts += 1
        await self.gate.wait()
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, EngineError):
            self.deaths += 1
            raise outcome
        return EngineState(outcome.url, "engine-key", "model.gguf", 1, 0)

    def died(self) -> None:
        """Counted."""
        self.deaths += 1

    def lived(self) -> None:
        """Counted."""
        self.lives += 1


class Near:
    """A local endpoint and what it said."""

    def __init__(self, servers: list[Server], engine: EngineSupervisor | None) -> None:
        self.said: list[LocalStatus] = []
        self.endpoint = LocalEndpoint("near", servers, engine, self.said.append)

    async def text(self) -> str:
        """The answer to one request."""
        return "".join([chunk.text async for chunk in self.endpoint.stream(REQUEST)])

    async def ready(self) -> None:
        """Until the last word is that it is ready."""
        await until(lambda: self.said and self.said[-1].state == "ready", "the endpoint to be ready")


@asynccontextmanager
async def near(*servers: Server, engine: EngineSupervisor | None = None) -> AsyncIterator[Near]:
    """One that is closed at the end, and then leaves nothing going on."""
    before = asyncio.all_tasks()
    found = Near(list(servers), engine)
    yield found
    await found.endpoint.aclose()
    # Connections that the test's servers still close are none of ours.
    ours = [task for task in asyncio.all_tasks() - before if "nearline_router" in str(task.get_coro())]

    assert ours == []


async def test_the_first_server_that_answers_wins() -> None:
    """In the configured order, with its key; the others are not asked."""
    async with (
        RawLlama(pieces=["one"]) as one,
        RawLlama(pieces=["two"]) as two,
        near(NOWHERE, Server(one.url, "key-1"), Server(two.url)) as local,
    ):
        await local.endpoint.connect()
        said = await local.text()

    assert (said, two.asked) == ("one", [])
    assert set(one.keys) == {"Bearer key-1"}
    assert local.said == [LOOKING, READY]
    assert local.endpoint.status == READY
    assert local.endpoint.served is not None
    assert (local.endpoint.served.name, local.endpoint.served.context_tokens) == (MODEL, 4096)


@pytest.mark.parametrize(
    "props",
    [answer(200, "<!doctype html>"), answer(404, "no"), answer(200, "{}"), answer(503, "loading"), b"SSH-2.0-x\r\n"],
    ids=["a web page", "not found", "another service", "loading", "not HTTP"],
)
async def test_what_is_no_llama_server_is_passed_over(props: bytes) -> None:
    """Something else may listen on the port that llama-server uses by default."""
    async with (
        RawLlama(raw={"GET /props": props}) as other,
        RawLlama() as right,
        near(Server(other.url), Server(right.url)) as local,
    ):
        await local.endpoint.connect()

    assert local.said == [LOOKING, READY]


async def test_a_running_server_is_used_instead_of_the_engine() -> None:
    """The engine is not even looked for."""
    engine = ScriptedEngine()
    async with ScriptedLlama() as server, near(Server(server.url), engine=engine) as local:
        await local.endpoint.connect()

    assert (engine.starts, local.endpoint.status) == (0, READY)


async def test_without_a_server_the_engine_is_started() -> None:
    """With the key that it made up."""
    async with RawLlama() as hosted, near(NOWHERE, engine=ScriptedEngine(hosted)) as local:
        await local.endpoint.connect()
        said = await local.text()

    assert said == "hello world"
    assert set(hosted.keys) == {"Bearer engine-key"}
    assert local.said == [LOOKING, STARTING, READY]


async def test_nothing_answers_and_the_engine_is_off() -> None:
    """The status says both, and that is the end of trying until somebody asks again."""
    async with near(NOWHERE) as local:
        await local.endpoint.connect()

    assert local.said == [
        LOOKING,
        LocalStatus("unavailable", "no local model server answers, and the embedded engine is switched off"),
    ]


async def test_the_model_is_missing(tmp_path: Path) -> None:
    """Pulling it is the user's decision: the status says which file is missing."""
    params = EngineParams(str(tmp_path / "tiny.gguf"), str(tmp_path))
    async with near(engine=EngineSupervisor(params)) as local:
        await local.endpoint.connect()

    assert local.said == [
        LOOKING,
        STARTING,
        LocalStatus("no-model", "the model is not on this machine yet: tiny.gguf"),
    ]


async def test_a_server_that_is_not_there_is_not_looked_for_at_every_key() -> None:
    """Requests right after a failure are refused without another try, and nothing more is said."""
    absent = RawLlama(raw={"GET /props": answer(404, "")})
    async with absent, near(Server(absent.url)) as local:
        await local.endpoint.connect()
        for _ in range(3):
            with pytest.raises(EndpointBusy):
                await local.text()

    assert [status.state for status in local.said] == ["starting", "unavailable"]


async def test_a_model_that_came_meanwhile_is_found_at_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some time after a failure the next request is refused at once, and sets off another try."""
    monkeypatch.setattr("nearline_router.local.RETRY_S", 0.0)
    late = RawLlama(raw={"GET /props": answer(404, "")})
    async with late, near(Server(late.url)) as local:
        await local.endpoint.connect()
        late.raw.clear()
        with pytest.raises(EndpointBusy):
            await local.text()
        await local.ready()

    assert [status.state for status in local.said] == ["starting", "unavailable", "ready"]


async def test_a_request_never_waits_for_the_engine() -> None:
    """While it starts every request is answered with EndpointBusy in the same turn, and starts it only once."""
    async with ScriptedLlama() as hosted:
        engine = ScriptedEngine(hosted)
        engine.gate.clear()
        async with near(engine=engine) as local:
            with pytest.raises(EndpointBusy, match="near: not started yet"):
                await asyncio.wait_for(local.text(), 0.5)
            await until(lambda: engine.starts, "the engine to be started")
            with pytest.raises(EndpointBusy, match="near: starting the local engine"):
                await asyncio.wait_for(local.text(), 0.5)
            engine.gate.set()
            await local.ready()
            said = await local.text()

    assert (said, engine.starts) == ("hello world", 1)


async def test_an_engine_that_fails_is_tried_again_after_its_wait() -> None:
    """Its own words are the status; the tries go on by themselves."""
    async with ScriptedLlama() as hosted:
        engine = ScriptedEngine(EngineError("no memory"), EngineError("no memory"), hosted)
        async with near(engine=engine) as local:
            await local.endpoint.connect()

    assert [status.message for status in local.said if status.state == "unavailable"] == ["no memory"] * 2
    assert (local.endpoint.status, engine.starts) == (READY, 3)


async def test_an_engine_that_started_and_does_not_answer_has_died() -> None:
    """It counts as a failure, so that it is not started in a loop."""
    async with RawLlama(raw={"GET /props": answer(500, "")}) as broken:
        engine = ScriptedEngine(broken)
        async with near(engine=engine) as local:
            await local.endpoint.connect()

    assert engine.deaths == 1
    assert local.endpoint.status == LocalStatus("unavailable", "the local engine started but does not answer")


async def test_a_lost_server_is_told_and_another_is_found() -> None:
    """The request that was under way fails; the next is refused at once; then completions are back."""
    first, second = RawLlama(pieces=["a"] * 9, piece_delay_s=30), ScriptedLlama()
    async with first, second, near(Server(first.url), Server(second.url)) as local:
        await local.endpoint.connect()
        stream = local.endpoint.stream(REQUEST)
        await anext(stream)
        await first.kill()
        with pytest.raises(EndpointUnavailable):
            await anext(stream)
        with pytest.raises(EndpointBusy, match="bringing it back"):
            await local.text()
        await local.ready()
        said = await local.text()

    assert said == "hello world"
    assert local.said == [LOOKING, READY, LOST, LOOKING, READY]


async def test_an_engine_that_was_lost_has_died_and_one_that_answered_has_lived() -> None:
    """The supervisor learns both, and decides how soon to start the next one."""
    async with RawLlama(pieces=["a"] * 9, piece_delay_s=30) as hosted, ScriptedLlama() as again:
        engine = ScriptedEngine(hosted, again)
        async with near(engine=engine) as local:
            await local.endpoint.connect()
            stream = local.endpoint.stream(REQUEST)
            await anext(stream)
            lives = engine.lives
            await hosted.kill()
            with pytest.raises(EndpointUnavailable):
                await anext(stream)
            await local.ready()

    assert (lives, engine.deaths, engine.starts) == (1, 1, 2)


async def test_a_lost_server_is_not_the_engines_fault() -> None:
    """When a server of the user's goes away the engine is started at once, not after a back-off."""
    async with RawLlama(pieces=["a"] * 9, piece_delay_s=30) as first, ScriptedLlama() as hosted:
        engine = ScriptedEngine(hosted)
        async with near(Server(first.url), engine=engine) as local:
            await local.endpoint.connect()
            stream = local.endpoint.stream(REQUEST)
            await anext(stream)
            await first.kill()
            with pytest.raises(EndpointUnavailable):
                await anext(stream)
            await local.ready()

    assert (engine.deaths, local.said[-2:]) == (0, [STARTING, READY])


async def test_a_busy_server_is_not_lost() -> None:
    """An answer, even a refusal, is a sign of life."""
    async with ScriptedLlama(status=503) as server, near(Server(server.url)) as local:
        await local.endpoint.connect()
        with pytest.raises(EndpointBusy):
            await local.text()

    assert local.said == [LOOKING, READY]


async def test_closing_ends_a_start_that_is_under_way() -> None:
    """Whoever waits for it is told; no task goes on."""
    engine = ScriptedEngine()
    engine.gate.clear()
    async with near(engine=engine) as local:
        connecting = local.endpoint.connect()
        await until(lambda: engine.starts, "the engine to be started")

    assert connecting.cancelled()


async def test_closing_in_the_middle_of_a_probe_closes_its_connection() -> None:
    """A server that does not answer is not waited for, and its connection does not stay open."""
    silent: list[asyncio.StreamReader] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent.append(reader)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with near(Server(f"http://127.0.0.1:{port}")) as local:
            local.endpoint.connect()
            await until(lambda: silent, "the probe")
        await until(silent[0].at_eof, "the connection to be closed", 5)


async def test_closing_twice_and_before_anything_is_fine() -> None:
    """There is nothing to close."""
    local = LocalEndpoint("near", [], None)

    await local.aclose()
    await local.aclose()
    await settle()

    assert local.status == LocalStatus("starting", "not started yet")
