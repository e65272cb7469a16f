"""The checkup as a whole: the configuration first, and a verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nearline_router.checkup.configuration import configuration_findings
from nearline_router.checkup.endpoints import Checkup
from nearline_router.checkup.examination import Examined, examination
from nearline_router.checkup.finding import Finding, Level
from nearline_router.config.layers import layered
from nearline_router.config.trust import trust
from tests.raw_llama import RawLlama


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, and a user who has trusted nothing and learned nothing."""
    monkeypatch.setenv("NEARLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NEARLINE_STATE_DIR", str(tmp_path / "state"))
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


def findings(user: Path | None, workspace: Path) -> dict[Level, str]:
    """What is said of the configuration, by level."""
    found = list(configuration_findings(layered(user, workspace, trusted=False), user, workspace))
    return {one.level: "\n".join(each.text for each in found if each.level == one.level) for one in found}


def test_without_any_file_the_defaults_are_right(workspace: Path) -> None:
    """Nothing has to be configured."""
    assert findings(None, workspace) == {"right": "no file of yours: the defaults"}


def test_a_mistake_is_told_by_file_line_and_column(tmp_path: Path, workspace: Path) -> None:
    """And that the rest goes by the defaults."""
    user = tmp_path / "nearline.yaml"
    user.write_text("engine:\n  enabled: perhaps\n")
    found = findings(user, workspace)

    assert found["wrong"].startswith(f"{user}:2:12: engine.enabled: ")
    assert "safe default" in found["doubtful"]


def test_a_folder_s_file_is_told_with_whether_it_is_trusted(workspace: Path) -> None:
    """What it may not say is doubtful, with its place."""
    file = workspace / "nearline.yaml"
    file.write_text("offline: true\nendpoints: {mine: {host: 'http://127.0.0.1:9'}}\n")
    before = findings(None, workspace)
    trust(workspace)

    assert f"this folder's file: {file}, only where it makes things stricter" in before["right"]
    assert before["doubtful"].startswith(f"{file}:2:1: endpoints: ignored until you trust this folder")
    assert f"in full since {workspace} is trusted" in findings(None, workspace)["right"]


async def test_everything_is_looked_at(tmp_path: Path, workspace: Path) -> None:
    """In an order to read, and as values for programs."""
    user = tmp_path / "nearline.yaml"
    async with RawLlama() as server:
        user.write_text(f"endpoints: {{mine: {{host: '{server.url}'}}}}\nengine: {{enabled: false}}\n")
        examined = await examination(layered(user, workspace, trusted=False), user, workspace)
    record = json.loads(json.dumps(examined.record()))

    subjects = [finding.subject for finding in examined.findings]
    assert list(dict.fromkeys(subjects)) == ["configuration", "mine", "engine", "sensors", "queue", "learned"]
    assert (examined.well, record["ok"], len(record["findings"])) == (True, True, len(subjects))
    assert record["endpoints"][0]["told"]["context_tokens"] == 4096
    assert record["endpoints"][0]["speed"]["prefill_tokens_per_s"] > 0


async def test_the_engine_is_needed_where_nobody_else_completes(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its missing model is then what is wrong."""
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(tmp_path / "models"))
    user = tmp_path / "nearline.yaml"
    user.write_text("engine: {discover: false}\n")
    examined = await examination(layered(user, workspace, trusted=False), user, workspace)

    assert [finding.subject for finding in examined.findings if finding.level == "wrong"] == ["engine"]


@pytest.mark.parametrize(("levels", "well"), [((), True), (("right", "doubtful"), True), (("right", "wrong"), False)])
def test_only_what_is_wrong_makes_it_unwell(levels: tuple[Level, ...], well: bool) -> None:
    """A doubt is worth a line and nothing more."""
    found = tuple(Finding(level, "any", "") for level in levels)

    assert Examined(found, (Checkup("one", "llamacpp", None, True, True),)).well is well
