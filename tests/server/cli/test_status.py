"""`nearline status`: the windows that live, the engine, and without windows what is configured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from nearline_router.config import RouterConfig
from nearline_router.engine.state import EngineState, runtime_dir, write_state
from nearline_router.router import Router

from .conftest import Run

Window = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:  # noqa: ARG001 (sets the user up)
    """The working directory."""
    monkeypatch.setenv("NEARLINE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NEARLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def window() -> Window:
    """`window(**changes)`: a window that lives, in the state that a router says of itself, with changes."""

    def window(**changes: Any) -> dict[str, Any]:
        process = psutil.Process()
        endpoints = {"mine": {"host": "http://127.0.0.1:9", "model": "small"}}
        snapshot = Router(RouterConfig.model_validate({"endpoints": endpoints})).snapshot()
        snapshot["endpoints"]["mine"] |= changes.pop("mine", {})
        who = {"pid": process.pid, "started_s": process.create_time(), "folder": "/home/me/project"}
        state = snapshot | who | changes
        (runtime_dir() / f"live-{process.pid}.json").write_text(json.dumps(state))
        return state

    return window


def last(**changes: Any) -> dict[str, Any]:
    """A request as a router tells of its last one."""
    decision = {"endpoint": "mine", "rationale": "mine costs least, and there is no deadline that it misses."}
    trace = {"task": "complete", "asked": ["mine"], "ttft_ms": 80.4, "total_ms": 200.0, "error": ""}
    return trace | {"decision": decision} | changes


def test_without_windows_it_says_so_and_what_is_configured(run: Run, folder: Path) -> None:
    """And how the engine is."""
    config = folder / "mine.yaml"
    config.write_text("endpoints: {studio: {host: 'http://studio.lan:8080', local: true, model: small}}\n")
    lines = run("status", "--config", config).stdout.splitlines()

    assert lines[0] == "No editor window runs Nearline."
    assert [line.split() for line in lines[2:4]] == [
        ["studio", "llamacpp", "small", "yes"],
        ["local", "llamacpp", "yes"],
    ]
    assert lines[-1].startswith("Engine: not running")


def test_json_is_one_object_with_windows_engine_and_configuration(run: Run, window: Window) -> None:
    """Each window's state as it told it."""
    state = window(last=last())
    result = run("status", "--json")
    told = json.loads(result.stdout)

    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert told["windows"] == [state]
    assert told["engine"] == {"running": False}
    assert [one["id"] for one in told["configured"]] == ["local"]


def test_a_window_shows_each_endpoint_with_its_figures(run: Run, window: Window) -> None:
    """What is measured, what is in flight, and what is amiss."""
    measured = {"prefill_tokens_per_s": 1234.5, "decode_tokens_per_s": 30.2, "ttft_ms": 81.7}
    state = window(
        completing="mine",
        mine={"ready": True, "trouble": "", "heat": "warm", "heat_reason": "90 °C", "in_flight": 2, **measured},
    )
    lines = run("status").stdout.splitlines()
    row = next(line for line in lines if line.startswith("mine"))

    assert lines[0] == f"Window {state['pid']} in /home/me/project"
    assert lines[1].strip() == "completes by mine"
    assert all(word in row for word in ("small", "yes", "closed", "warm: 90 °C", "2", "1234/s", "30/s", "82 ms"))


def test_a_breaker_that_is_open_says_for_how_long_and_why(run: Run, window: Window) -> None:
    """As somebody wants to know who waits."""
    window(mine={"ready": True, "breaker": "open", "open_for_s": 12.4, "trouble": "mine: no answer in time"})
    row = next(line for line in run("status").stdout.splitlines() if line.startswith("mine"))

    assert "open for 12 s" in row
    assert "mine: no answer in time" in row


@pytest.mark.parametrize(
    ("trace", "sentence"),
    [
        (None, "nothing was asked yet"),
        (last(), "complete asked mine, first content after 80 ms. mine costs least"),
        (last(asked=["mine", "far"]), "complete asked mine, then far, first content"),
        (last(ttft_ms=None, error="mine: gone"), "complete asked mine, it failed: mine: gone."),
        (last(ttft_ms=None, asked=[]), "complete asked nobody yet."),
    ],
)
def test_the_last_request_is_a_sentence(run: Run, window: Window, trace: dict[str, Any] | None, sentence: str) -> None:
    """Who was asked, how long it took, how it failed, and why it went there."""
    window(last=trace, spent_today_usd=0.01234)
    printed = run("status").stdout

    assert f"last: {sentence}" in printed
    assert "spent today: $0.0123" in printed


def test_the_engine_that_runs_is_told_without_its_key(run: Run) -> None:
    """Its address, its model and its process."""
    process = psutil.Process()
    state = EngineState("http://127.0.0.1:4711", "the-engines-own-key", "tiny.gguf", process.pid, process.create_time())
    write_state(runtime_dir(), state)
    plain, told = run("status"), run("status", "--json")

    assert f"Engine: tiny.gguf at http://127.0.0.1:4711, process {process.pid}" in plain.stdout
    assert json.loads(told.stdout)["engine"]["running"] is True
    assert "the-engines-own-key" not in plain.output + told.output


def test_a_wrong_configuration_hides_no_window(run: Run, window: Window, folder: Path) -> None:
    """It is told beside."""
    state = window()
    config = folder / "wrong.yaml"
    config.write_text("engine: {enabled: perhaps}\n")
    result = run("status", "--json", "--config", config)

    assert (result.exit_code, json.loads(result.stdout)["windows"]) == (0, [state])
    assert f"{config}:1:19" in result.stderr
