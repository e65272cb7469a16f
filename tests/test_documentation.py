"""What the documents say is so."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from nearline_router.config import RouterConfig, load_config
from nearline_server.cli.main import COMMANDS
from nearline_server.completion.settings import CompletionSettings

ROOT = Path(__file__).parents[1]


def test_the_commented_configuration_is_the_defaults() -> None:
    """config/nearline.yaml shows every setting, each with the value it has when left out."""
    path = ROOT / "config" / "nearline.yaml"
    written = yaml.safe_load(path.read_text())
    defaults = RouterConfig().model_dump() | {"completion": CompletionSettings().model_dump(mode="json")}

    assert written == defaults
    assert load_config(path).engine == RouterConfig().engine


def test_readme_s_commands_are_the_make_verbs_and_ci_runs_each() -> None:
    """Four verbs, the same in README, Makefile and .ci/run."""
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"make (\w+)", (ROOT / "README.md").read_text()))

    assert verbs == {"run", "test", "lint", "bench"}
    assert verbs <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert verbs == set(re.findall(r"^make (\w+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))


def test_readme_lists_every_command() -> None:
    """The table of commands has a row for each."""
    readme = (ROOT / "README.md").read_text()

    assert [name for name in COMMANDS if f"`nearline {name}" not in readme] == []


def test_architecture_names_only_what_exists() -> None:
    """Every path in the map leads somewhere."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = re.findall(r"`((?:nearline_router|nearline_server|editors|tests)/[\w/.]*)`", text)
    homes = {"nearline_router": "router", "nearline_server": "server"}
    paths = [ROOT / homes.get(room.split("/")[0], "") / room for room in rooms]

    assert len(rooms) > 15
    assert [str(path) for path in paths if not (path.exists() or path.with_suffix(".py").exists())] == []
