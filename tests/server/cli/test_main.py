"""The `nearline` command: what it lists, and which configuration its commands use."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from nearline_server.cli.main import COMMANDS
from tests.scripted_llama import ScriptedLlama

from .conftest import Run, write_config

IMPORTED = """
import sys
from nearline_server.cli.main import main
main(sys.argv[1:], standalone_mode=False)
print(*sorted(sys.modules), file=sys.stderr)
"""


def imported_by(*arguments: str) -> tuple[str, set[str]]:
    """What a run prints, and the modules that it has imported."""
    run = subprocess.run(
        [sys.executable, "-P", "-c", IMPORTED, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout, set(run.stderr.split())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file to complete."""
    path = tmp_path / "a.py"
    path.write_text("x = \n")
    return path


@pytest.fixture
def configs(tmp_path: Path, llama: ScriptedLlama) -> tuple[Path, Path]:
    """Two configurations that can be told apart by the name of their endpoint."""
    return (
        write_config(tmp_path / "one.yaml", llama.url, "one"),
        write_config(tmp_path / "two.yaml", llama.url, "two"),
    )


def endpoint(run: Run, *arguments: object) -> str:
    """The endpoint of the configuration that a run used."""
    name: str = json.loads(run(*arguments).stdout)["endpoint"]
    return name


def test_help_lists_every_command_without_importing_it() -> None:
    """Help is quick: no command, no router and no language server is loaded for it."""
    printed, modules = imported_by("--help")
    listed = [line.split()[0] for line in printed.partition("Commands:")[2].splitlines() if line.startswith("  ")]

    assert [name for name in listed if name in COMMANDS] == list(COMMANDS)
    assert {name for name in modules if name.startswith("nearline")} == {
        "nearline_server", "nearline_server.cli", "nearline_server.cli.main", "nearline_server.cli.options"
    }  # fmt: skip
    assert modules & {"pygls", "lsprotocol", "httpx2", "pydantic", "yaml", "rich"} == set()


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_of_the_list_is_there(run: Run, name: str) -> None:
    """The table's modules and names exist, and each command says what it does."""
    result = run(name, "--help")

    assert result.exit_code == 0
    assert f"Usage: main {name}" in result.stdout


def test_version_is_the_distributions(run: Run) -> None:
    """One version, kept in one place."""
    assert version("nearline") in run("--version").stdout


def test_an_unknown_command_is_a_wrong_usage(run: Run) -> None:
    """The message names it."""
    result = run("compleet")

    assert result.exit_code == 2
    assert "compleet" in result.stderr


def test_config_may_stand_before_or_behind_the_command(
    run: Run, configs: tuple[Path, Path], source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind it counts more than before it, and both count more than NEARLINE_CONFIG."""
    one, two = configs
    place = f"{source}:1:5"
    monkeypatch.setenv("NEARLINE_CONFIG", str(one))

    assert endpoint(run, "complete", place, "--json") == "one"
    assert endpoint(run, "--config", two, "complete", place, "--json") == "two"
    assert endpoint(run, "complete", place, "--json", "--config", two) == "two"
    assert endpoint(run, "--config", one, "complete", "--config", two, place, "--json") == "two"


def test_the_users_own_configuration_is_the_last_to_be_asked(
    run: Run, configs: tuple[Path, Path], source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any other, nearline.yaml in the user's configuration folder is used."""
    one, two = configs
    folder = tmp_path / "of-the-user"
    folder.mkdir()
    one.rename(folder / "nearline.yaml")
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: folder)

    assert endpoint(run, "complete", f"{source}:1:5", "--json") == "one"
    monkeypatch.setenv("NEARLINE_CONFIG", str(two))
    assert endpoint(run, "complete", f"{source}:1:5", "--json") == "two"


@pytest.mark.parametrize("command", ["lsp", "demo", "complete", "engine"])
def test_a_configuration_that_is_not_there_is_a_wrong_usage(run: Run, command: str) -> None:
    """Every command that uses one says which file is missing."""
    result = run(command, "--config", "/nowhere/nearline.yaml")

    assert result.exit_code == 2
    assert "/nowhere/nearline.yaml" in result.stderr


def test_one_transport_at_a_time(run: Run) -> None:
    """The language server speaks on its standard streams or on a port."""
    result = run("lsp", "--stdio", "--tcp", "4711")

    assert result.exit_code == 2
    assert "exclude each other" in result.stderr
