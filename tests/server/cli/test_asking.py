"""Actions from a shell, all the way to a provider: what it is sent, what becomes of its answer, what stops it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result as Finished

from tests.fault_server import End, FaultServer, Status, Text, Wait
from tests.own_loop import serving
from tests.waiting import wait_until

from .conftest import Run

CODE = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"

Act = Callable[..., Finished]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file in a folder of a repository."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    path = tmp_path / "repo" / "src" / "a.py"
    path.parent.mkdir()
    path.write_text(CODE)
    return path


@pytest.fixture
def cloud() -> Iterator[FaultServer]:
    """A provider, in a loop of its own."""
    with serving(FaultServer()) as server:
        yield server


@pytest.fixture
def through(tmp_path: Path, cloud: FaultServer, run: Run) -> Act:
    """Commands whose only endpoint is that provider, which counts as far away."""
    config = tmp_path / "cloud.yaml"
    endpoint = f"{{provider: openai-compatible, host: '{cloud.url}/v1', model: large, local: false, tier: frontier}}"
    config.write_text(f"endpoints: {{cloud: {endpoint}}}\nengine: {{enabled: false, discover: false}}\n")
    return lambda *arguments: run(*arguments, "--config", config)


def asked_of(cloud: FaultServer) -> str:
    """All text that the provider was sent."""
    return "\n".join(message["content"] for one in cloud.asked for message in one.body["messages"])


def test_an_explanation_comes_from_a_provider(through: Act, cloud: FaultServer, source: Path) -> None:
    """Through the router, with the code and the project's conventions."""
    (source.parents[1] / "AGENTS.md").write_text("Write plain English.\n")
    finished = through("explain", f"{source}:9")

    assert (finished.exit_code, finished.stdout) == (0, "hello world\n"), finished.output
    assert "return 2" in asked_of(cloud)
    assert "Write plain English." in asked_of(cloud)
    assert "[cloud, large: first text after" in finished.stderr
    assert "20 prompt tokens, 8 of them from the cache, 5 tokens of answer]" in finished.stderr


def test_a_refactoring_by_a_provider_is_written(through: Act, cloud: FaultServer, source: Path) -> None:
    """Its chatter, its fence and its indentation are put right."""
    cloud.play(Text("Here you are:\n\n```python\ndef two():\n    return 1 + 1\n```\nDone."), End())
    finished = through("refactor", f"{source}:9", "--apply")

    assert finished.exit_code == 0, finished.output
    assert source.read_text() == CODE.replace("return 2", "return 1 + 1")


def test_tests_by_a_provider_are_printed(through: Act, cloud: FaultServer, source: Path) -> None:
    """With a path where this project would have them."""
    cloud.play(Text("```python\ndef test_two():\n    assert two() == 2\n```"), End())
    finished = through("tests", f"{source}:9")

    assert (finished.exit_code, finished.stdout) == (0, "def test_two():\n    assert two() == 2\n"), finished.output
    assert "test_a.py:" in finished.stderr


def test_what_must_stay_is_not_sent(through: Act, cloud: FaultServer, source: Path) -> None:
    """The ignore file of the repository's root counts, wherever the command is run."""
    (source.parents[1] / ".nearlineignore").write_text("src/\n")
    finished = through("explain", source)

    assert (finished.exit_code, finished.stdout, cloud.asked) == (3, "", [])
    assert ".nearlineignore" in finished.stderr


def test_conventions_that_must_stay_are_left_out(through: Act, cloud: FaultServer, source: Path) -> None:
    """The code is explained without them."""
    (source.parents[1] / "AGENTS.md").write_text("Our secret: 42.\n")
    (source.parents[1] / ".nearlineignore").write_text("AGENTS.md\n")

    assert through("explain", source).exit_code == 0
    assert "return 2" in asked_of(cloud)
    assert "secret" not in asked_of(cloud)


def test_the_folder_s_own_configuration_makes_it_stricter(through: Act, cloud: FaultServer, source: Path) -> None:
    """That of the file's repository, not of the working directory."""
    (source.parents[1] / "nearline.yaml").write_text("residency: {everything: true}\n")

    assert through("explain", source).exit_code == 3
    assert cloud.asked == []


def test_a_pinned_endpoint_that_is_not_there_is_said(through: Act, cloud: FaultServer, source: Path) -> None:
    """Nobody else is asked instead."""
    finished = through("explain", source, "--pin", "nearby")

    assert (finished.exit_code, cloud.asked) == (3, [])
    assert "nearby" in finished.stderr


def test_a_provider_s_failure_is_one_sentence(through: Act, cloud: FaultServer, source: Path) -> None:
    """And no half edit."""
    cloud.play(Status(500))
    finished = through("refactor", source, "--apply")

    assert (finished.exit_code, finished.stdout, len(finished.stderr.splitlines())) == (1, "", 1)
    assert source.read_text() == CODE


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_the_provider_s_work(through: Act, cloud: FaultServer, source: Path, tmp_path: Path) -> None:
    """Its text until then stays; the connection is left at once."""
    through("explain", source)  # sets the environment up, and shows that it works
    cloud.play(Text("At first"), Wait())
    command = [
        sys.executable,
        "-P",
        "-m",
        "nearline_server",
        "explain",
        str(source),
        "--config",
        tmp_path / "cloud.yaml",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.read(8) == b"At first"
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)

    assert (process.returncode, rest, said) == (130, b"\n", b"Cancelled.\n")
    wait_until(lambda: cloud.cancels == 1, "the cancelled answer")
