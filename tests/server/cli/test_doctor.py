"""`nearline doctor`: marks, hints and the exit code; the measuring has its own tests in tests/router/checkup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nearline_server.cli import doctor
from tests.own_loop import serving
from tests.raw_llama import RawLlama, answer, plain
from tests.scripted_llama import MODEL, ScriptedLlama

from .conftest import Run

KEY = "sk-or-v1-0123456789abcdef0123456789abcdef"
ALONE = "engine: {enabled: false, discover: false}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:  # noqa: ARG001 (sets the user up)
    """The working directory, and a user without keys, proxies and memory."""
    monkeypatch.setenv("NEARLINE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NEARLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def configured(folder: Path, *endpoints: str) -> Path:
    """A file of the user with these endpoints, in YAML's flow style, and no engine."""
    path = folder.parent / "mine.yaml"
    path.write_text(f"endpoints: {{{', '.join(endpoints)}}}\n{ALONE}")
    return path


def test_where_everything_works_the_exit_code_is_0(run: Run, folder: Path, llama: ScriptedLlama) -> None:
    """Each thing has a line and a mark."""
    result = run("doctor", "--config", configured(folder, f"mine: {{host: '{llama.url}'}}"))
    lines = result.stdout.splitlines()

    assert result.exit_code == 0
    assert {line[0] for line in lines if not line.startswith(" ")} <= {"✓", "!"}
    assert any(line.startswith("✓ mine: answers in") for line in lines)
    assert any(MODEL in line for line in lines)
    assert any("within 150 ms with up to" in line for line in lines)


def test_a_server_that_is_not_there_is_exit_code_1_with_a_hint(run: Run, folder: Path) -> None:
    """The user named it, so it must work."""
    result = run("doctor", "--config", configured(folder, "mine: {host: 'http://127.0.0.1:9'}"))
    lines = result.stdout.splitlines()
    number = lines.index("✗ mine: fails: nothing answers there")

    assert result.exit_code == 1
    assert lines[number + 1].startswith("    → start its server")


def test_json_is_one_object_with_findings_and_measurements(run: Run, folder: Path, llama: ScriptedLlama) -> None:
    """For programs."""
    result = run("doctor", "--json", "--config", configured(folder, f"mine: {{host: '{llama.url}'}}"))
    told = json.loads(result.stdout)

    assert (result.exit_code, result.stdout.count("\n"), told["ok"]) == (0, 1, True)
    assert {"level", "subject", "text", "hint"} == set(told["findings"][0])
    assert (told["endpoints"][0]["endpoint"], told["endpoints"][0]["state"]) == ("mine", "answers")


def test_a_large_model_below_four_bit_is_doubted(run: Run, folder: Path) -> None:
    """The reference design's second pitfall; it is a warning, not a failure."""
    path = "/models/Llama-3.3-70B-Instruct-Q2_K.gguf"
    props = plain({"model_path": path, "default_generation_settings": {"n_ctx": 8192}})
    with serving(RawLlama(raw={"GET /props": props})) as server:
        result = run("doctor", "--config", configured(folder, f"mine: {{host: '{server.url}'}}"))

    assert result.exit_code == 0
    assert "! mine: below 4 bit (70B parameters, Q2_K)" in result.stdout


def test_a_missing_key_is_named_by_its_variable(run: Run, folder: Path) -> None:
    """And nothing is asked without it."""
    result = run("doctor", "--config", configured(folder, "far: {provider: openrouter, model: large}"))

    assert result.exit_code == 1
    assert "! key: far: none in environment variable OPENROUTER_API_KEY: it is not set" in result.stdout
    assert "    → set environment variable OPENROUTER_API_KEY" in result.stdout


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("as_json", [True, False])
def test_a_key_that_is_there_is_never_shown(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, status: int, as_json: bool
) -> None:
    """Not even by a server that says it back; and no prompt was sent."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    with serving(RawLlama(raw={"GET /v1/key": answer(status, f'{{"error": {{"message": "{KEY}"}}}}')})) as server:
        config = configured(folder, f"far: {{provider: openrouter, host: '{server.url}', model: large}}")
        result = run("doctor", "--config", config, *["--json"] * as_json)

    assert KEY not in result.output
    assert KEY[-8:] not in result.output
    assert "environment variable OPENROUTER_API_KEY" in result.stdout
    assert result.exit_code == (0 if status == 200 else 1)
    assert isinstance(server, RawLlama)
    assert set(server.asked) == {"GET /v1/key"}
    assert set(server.keys) == {f"Bearer {KEY}"}


def test_offline_asks_nobody_who_is_not_local(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a plane, and for the careful."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    with serving(RawLlama()) as server:
        config = configured(folder, f"far: {{provider: openrouter, host: '{server.url}', model: large}}")
        result = run("doctor", "--offline", "--config", config)

    assert result.exit_code == 0
    assert "✓ far: not asked: it is not local" in result.stdout
    assert isinstance(server, RawLlama)
    assert server.asked == []


def test_a_mistake_in_the_configuration_is_exit_code_1_with_its_place(run: Run, folder: Path) -> None:
    """The rest is checked all the same."""
    config = configured(folder, "mine: {hots: 'http://127.0.0.1:9'}")
    result = run("doctor", "--offline", "--config", config)

    assert result.exit_code == 1
    assert f"✗ configuration: {config}:1:20: endpoints.mine.hots: unknown key" in result.stdout
    assert "queue: windows share" in result.stdout


def test_a_folder_that_is_not_trusted_is_told_with_the_command(run: Run, folder: Path) -> None:
    """What of its file is ignored has a line each."""
    (folder / "nearline.yaml").write_text("engine: {idle_s: 5}\n")
    result = run("doctor", "--config", configured(folder))

    assert f"    → nearline trust {folder}" in result.stdout
    assert "nearline.yaml:1:1: engine: ignored until you trust this folder" in result.stdout


def test_who_has_to_wait_is_told_for_what(
    run: Run, folder: Path, llama: ScriptedLlama, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the answer, so that JSON stays JSON."""
    monkeypatch.setattr(doctor, "PATIENCE_S", 0.0)
    result = run("doctor", "--json", "--config", configured(folder, f"mine: {{host: '{llama.url}'}}"))

    assert "Asking endpoints" in result.stderr
    assert json.loads(result.stdout)["ok"] is True
