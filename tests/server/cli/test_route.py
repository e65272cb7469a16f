"""`nearline route`: the reference design's rules, seen from a shell; nothing is sent and nothing is connected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nearline_router.config.trust import trust
from nearline_server.cli.main import main

from .conftest import Run

SEED = Path(__file__).parents[3] / "config" / "llm-routing-config.yaml"
ASK = ("route", "--prompt", "def f(x):", "--json")
CLOUD = {"cloud", "cloud:deepseek-v3.1", "cloud:llama-3.3-70b"}

# What a run connects to, looks up or starts.
WATCHED = """
import sys
seen = []
touched = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.posix_spawn", "os.fork")
sys.addaudithook(lambda name, args: seen.append(name) if name in touched else None)
from nearline_server.cli.main import main
main(sys.argv[1:], standalone_mode=False)
print(seen, file=sys.stderr)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:  # noqa: ARG001 (sets the user up)
    """The working directory, which is the workspace."""
    monkeypatch.setenv("NEARLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NEARLINE_STATE_DIR", str(tmp_path / "state"))
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def routed(run: Run, *arguments: str, config: Path = SEED) -> dict[str, Any]:
    """The decision as one JSON object."""
    result = run(*ASK, "--config", config, *arguments)
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1), result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


@pytest.mark.parametrize(
    ("arguments", "endpoint", "rule"),
    [
        (["--task", "summarize", "--sovereign"], "local", "compliance"),
        (["--task", "explain", "--complexity", "complex", "--sovereign"], "local", "compliance"),
        (["--task", "complete", "--budget-ms", "100"], "local", "latency"),
        (["--task", "complete", "--budget-ms", "150"], "local", "latency"),
        (["--task", "explain", "--budget-ms", "100"], "cloud", "complexity"),
        (["--task", "explain", "--complexity", "routine", "--budget-ms", "100"], "local", "latency"),
        (["--task", "complete", "--complexity", "complex", "--budget-ms", "100"], "cloud", "complexity"),
        (["--task", "complete"], "cloud", "cost"),
        (["--task", "summarize", "--budget-ms", "5000"], "cloud", "cost"),
        (["--task", "any", "--max-output-tokens", "4000"], "cloud", "cost"),
    ],
)
def test_the_reference_design_s_rules_decide(run: Run, arguments: list[str], endpoint: str, rule: str) -> None:
    """Compliance before complexity before latency before cost, with every local server taken to be up."""
    told = routed(run, *arguments)

    assert (told["endpoint"], told["rule"]) == (endpoint, rule)
    assert not (rule == "compliance" and CLOUD & {*told["fallbacks"]})


def test_json_has_everything_of_the_decision(run: Run) -> None:
    """Who, why, what it costs, when it begins, who is next and who else was looked at."""
    told = routed(run, "--task", "complete", "--budget-ms", "100", "--max-output-tokens", "8")
    names = {"endpoint", "model", "rule", "rationale", "estimated_cost_usd", "estimated_input_tokens"}

    assert names | {"predicted_ttft_ms", "fallbacks", "candidates"} <= set(told)
    assert (told["model"], told["predicted_ttft_ms"]) == ("llama-3.3-70b-q4", 85)
    assert told["estimated_cost_usd"] == pytest.approx((told["estimated_input_tokens"] + 8) * 33e-6)
    assert {one["endpoint"] for one in told["candidates"]} == CLOUD | {"local", "embedded"}


def test_without_json_it_is_a_line_a_reason_and_a_table(run: Run) -> None:
    """Who is chosen stands first; the others are below it."""
    result = run("route", "--task", "complete", "--prompt", "x", "--budget-ms", "100", "--config", SEED)
    first, second, *rest = result.stdout.splitlines()

    assert (result.exit_code, first) == (0, "local (llama-3.3-70b-q4)")
    assert second == "Of those predicted to begin within 100 ms, local costs least."
    assert any("cloud" in line and "320 ms" in line and "$" in line for line in rest)


def test_the_table_says_why_somebody_is_excluded(run: Run) -> None:
    """A sovereign request shows the cloud as not permitted."""
    result = run("route", "--task", "complete", "--prompt", "x", "--sovereign", "--config", SEED)

    assert result.exit_code == 0
    assert "not local" in result.stdout


def test_the_prompt_may_come_from_standard_input() -> None:
    """Whatever bytes it has."""
    arguments = ["route", "--task", "complete", "--prompt", "-", "--json", "--config", str(SEED)]
    long, odd = (CliRunner().invoke(main, arguments, input=text) for text in (b"word " * 1000, b"\xff\xfe"))

    assert json.loads(long.stdout)["estimated_input_tokens"] == 1300
    assert odd.exit_code == 0


@pytest.mark.parametrize("as_json", [True, False])
def test_where_nobody_may_answer_the_exit_code_is_3(run: Run, tmp_path: Path, as_json: bool) -> None:
    """With the reason on standard error, and in JSON where that was asked for."""
    config = tmp_path / "far.yaml"
    config.write_text("endpoints: {far: {provider: openai, model: large}}\nengine: {enabled: false}\n")
    result = run("route", "--task", "any", "--prompt", "x", "--sovereign", "--config", config, *["--json"] * as_json)

    assert result.exit_code == 3
    assert "no local endpoint is left" in result.stderr
    assert (json.loads(result.stdout)["error"] in result.stderr) if as_json else result.stdout == ""


def test_a_wrong_configuration_is_exit_code_1(run: Run, tmp_path: Path) -> None:
    """With file, line and column."""
    config = tmp_path / "wrong.yaml"
    config.write_text("engine:\n  enabled: perhaps\n")
    result = run(*ASK, "--task", "any", "--config", config)

    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{config}:2:12" in result.stderr


def test_an_ignore_file_of_the_working_directory_keeps_what_it_names(run: Run, folder: Path) -> None:
    """The other files may leave."""
    (folder / ".nearlineignore").write_text("patients/\n")
    kept = routed(run, "--task", "complete", "--path", "patients/a.py")
    free = routed(run, "--task", "complete", "--path", "b.py")

    assert (kept["endpoint"], kept["rule"]) == ("local", "compliance")
    assert ".nearlineignore" in kept["stays"]
    assert (free["endpoint"], free["stays"]) == ("cloud", "")


def test_the_working_directory_s_own_file_makes_it_stricter(run: Run, folder: Path) -> None:
    """And looser only where it is trusted; what is ignored is said beside the answer."""
    (folder / "nearline.yaml").write_text("residency: {languages: [sql]}\nendpoints: {local: {enabled: false}}\n")
    kept = run(*ASK, "--task", "complete", "--language", "sql", "--config", SEED)
    trust(folder)
    trusted = routed(run, "--task", "complete", "--language", "sql")

    assert (json.loads(kept.stdout)["endpoint"], json.loads(kept.stdout)["rule"]) == ("local", "compliance")
    assert "nearline.yaml:2:13: endpoints.local: ignored until you trust this folder" in kept.stderr
    assert (trusted["endpoint"], trusted["rule"]) == ("embedded", "compliance")


@pytest.mark.parametrize("extra", [["--task", "complete", "--budget-ms", "100"], ["--task", "explain"]])
def test_nothing_is_connected_looked_up_or_started(folder: Path, extra: list[str]) -> None:
    """By the whole process, and with a key that could be used."""
    run = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", WATCHED, *ASK, "--config", str(SEED), *extra],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=folder,
    )

    assert json.loads(run.stdout)["endpoint"] in ("local", "cloud")
    assert run.stderr.splitlines()[-1] == "[]"
