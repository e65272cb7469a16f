"""What the documents say is so."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from nearline_router.config import EndpointConfig, RouterConfig, layered, load_config
from nearline_router.config.models import ExperimentConfig
from nearline_server.cli.main import COMMANDS
from nearline_server.completion.settings import CompletionSettings

ROOT = Path(__file__).parents[1]


def test_the_commented_configuration_is_the_defaults(tmp_path: Path) -> None:
    """config/nearline.yaml shows every setting with its default, and in comments a whole endpoint."""
    path = ROOT / "config" / "nearline.yaml"
    text = path.read_text(encoding="utf-8")
    completion = {"completion": CompletionSettings().model_dump(mode="json")}
    shown = tmp_path / "nearline.yaml"
    shown.write_text(re.sub(r"\{\}\n#", "\n#", text).replace("\n#  ", "\n  "), encoding="utf-8")
    loaded = layered(shown, None, trusted=False)

    assert yaml.safe_load(text) == RouterConfig().model_dump(mode="json") | completion
    assert load_config(path).model_copy(update={"completion": {}}) == RouterConfig()
    assert loaded.problems == ()
    assert loaded.config.endpoints["studio"].model_fields_set == set(EndpointConfig.model_fields)
    assert loaded.config.experiments["explain"].model_fields_set == set(ExperimentConfig.model_fields)


def test_readme_s_commands_are_the_make_verbs_and_ci_runs_each() -> None:
    """Four verbs, the same in README, Makefile and .ci/run."""
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.findall(r"make ([\w-]+)", (ROOT / "README.md").read_text()))

    assert verbs == {"run", "test", "lint", "bench"}
    assert verbs <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert verbs <= set(re.findall(r"^make ([\w-]+)", (ROOT / ".ci" / "run").read_text(), re.MULTILINE))


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
