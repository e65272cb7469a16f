"""The real engine process with the real model: who may ask it, what it shows, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from filelock import FileLock

from nearline_router.engine.state import read_state
from nearline_router.engine.tuning import Tuning
from nearline_router.fim import first_output_grammar
from tests.engines import END_TIMEOUT_S, HOST, HostedEngine, ParamsFor

MARK = "zebra_quagga_4711"
REPEATED = "total_of_items = total_of_items + price_of(item)\n" * 3 + "total_of_items ="
ASKED = ["/completion", "/infill", "/tokenize", "/props", "/metrics", "/slots"]


def completion(prompt: str, tokens: int, **more: object) -> bytes:
    """The body of a completion."""
    return json.dumps({"prompt": prompt, "n_predict": tokens, "temperature": 0, **more}).encode()


def events(engine: HostedEngine, body: bytes) -> list[dict[str, Any]]:
    """A streamed answer's events."""
    lines = engine.ask("/completion", body)[1].splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]


@contextmanager
def answering(engine: HostedEngine, body: bytes) -> Iterator[HTTPResponse]:
    """A streamed answer that has begun."""
    connection = HTTPConnection("127.0.0.1", urlsplit(engine.state.url).port, timeout=90)
    with closing(connection):
        connection.request("POST", "/completion", body, {"Authorization": f"Bearer {engine.state.key}"})
        with closing(connection.getresponse()) as answer:
            yield answer


@pytest.fixture
def own(own_folder: Path, engine_params: ParamsFor) -> Iterator[HostedEngine]:
    """An engine that the test may end as it likes."""
    engine = HostedEngine(engine_params(own_folder))
    with closing(engine):
        yield engine


def test_it_starts_and_answers(engine: HostedEngine) -> None:
    """A prompt goes in, text comes out, and it serves the model that it was given."""
    status, answer = engine.ask("/completion", completion("def add(a, b):\n    return", 4))

    assert status == 200
    assert json.loads(answer)["content"].strip() != ""
    assert engine.state.model == "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("key", ["", "wrong"], ids=["none", "wrong"])
def test_without_its_key_it_tells_nothing(engine: HostedEngine, path: str, key: str) -> None:
    """Other programs and users of the machine get 401."""
    body = completion("hi", 1) if path in ("/completion", "/infill", "/tokenize") else None

    assert engine.ask(path, body, key)[0] == 401


def test_it_listens_on_loopback_only(engine: HostedEngine) -> None:
    """Nobody on the network can ask it."""
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(engine.process.pid).net_connections("all")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert listening == ["127.0.0.1"]


def test_no_secret_is_in_its_command_line_or_environment(engine: HostedEngine) -> None:
    """Those are what a process list shows to others."""
    process = psutil.Process(engine.process.pid)
    shown = [*process.cmdline(), *process.environ().values(), process.name()]

    assert [text for text in shown if engine.state.key in text] == []
    assert len(engine.state.key) >= 32


def test_it_works_on_one_request_at_a_time(engine: HostedEngine) -> None:
    """One slot: a second request would only make both slower."""
    assert len(json.loads(engine.ask("/slots")[1])) == 1


def test_nothing_of_a_prompt_is_in_its_files(engine: HostedEngine) -> None:
    """Neither after an answer nor after a refusal, in the log or anywhere else in the folder."""
    grammar = first_output_grammar(f' {MARK} "é日\\')
    requests = [
        completion(f"def {MARK}(): return '{MARK}'", 4, grammar=grammar),
        completion(f"{MARK} " * 3000, 4),
        completion(MARK, 4, stop=[[MARK]]),
        f'{{"prompt": "{MARK}'.encode(),
    ]
    statuses = [engine.ask("/completion", body)[0] for body in requests]
    holding = [path.name for path in engine.folder.iterdir() if MARK in path.read_text(errors="replace")]

    assert statuses[0] == 200
    assert [status >= 400 for status in statuses[1:]] == [True] * 3
    assert holding == []


def test_a_second_one_of_the_same_user_does_not_start(engine: HostedEngine, engine_params: ParamsFor) -> None:
    """It says why, and leaves the first one and its file alone."""
    params = engine_params(engine.folder).to_json()
    second = subprocess.run(HOST, input=params, capture_output=True, text=True, timeout=END_TIMEOUT_S, check=False)

    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == "nearline engine: an engine of this user already runs\n"
    assert read_state(engine.folder) == engine.state


def test_it_ends_when_idle_and_not_before(own_folder: Path, engine_params: ParamsFor) -> None:
    """It works on longer than the idle time, and when nobody asks it ends by itself, without its file."""
    idle_s = 0.3
    idle = HostedEngine(engine_params(own_folder, idle_s=idle_s))
    with closing(idle):
        with answering(idle, completion("1, 2, 3,", 3000, stream=True, ignore_eos=True)) as answer:
            last_s = time.monotonic() + 4 * idle_s
            while time.monotonic() < last_s:
                assert answer.readline() != b""

        assert idle.ended() == 0
    assert not (own_folder / "engine.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGTERM; there it is ended at once")
def test_sigterm_ends_it_in_the_middle_of_an_answer(own: HostedEngine) -> None:
    """At once, with the exit status of success, without its file; the client is cut off, and not left to wait."""
    with answering(own, completion("1, 2, 3,", 2000, stream=True, ignore_eos=True)) as answer:
        answer.readline()
        own.process.terminate()

        assert own.process.wait(10) == 0
        with pytest.raises((HTTPException, ConnectionError)):
            answer.read()
    assert not (own.folder / "engine.json").exists()


def test_killed_it_leaves_a_stale_file_that_the_next_reader_clears_away(own: HostedEngine) -> None:
    """Nothing else of it is left: another one can start at once."""
    own.process.kill()
    own.process.wait(END_TIMEOUT_S)
    assert (own.folder / "engine.json").exists()

    assert read_state(own.folder) is None
    assert not (own.folder / "engine.json").exists()
    with FileLock(own.folder / "engine.lock", timeout=0):
        pass


def test_what_is_drafted_from_the_prompt_is_drafted_within_a_grammar(
    engine: HostedEngine, own_folder: Path, engine_params: ParamsFor
) -> None:
    """Streamed, with the grammar of token healing, as a keystroke asks for it; clear text stays what it is."""
    body = completion(REPEATED, 12, grammar=first_output_grammar(" tot"), stream=True)
    drafting = HostedEngine(engine_params(own_folder, tuning=Tuning(drafting="ngram-map-k")))
    with closing(drafting):
        plain, drafted = events(engine, body), events(drafting, body)

    assert "".join(event["content"] for event in drafted) == "".join(event["content"] for event in plain)
    assert drafted[-1]["timings"]["draft_n"] > 0
