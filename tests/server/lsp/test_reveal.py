"""Suggestions of a kind that is hardly ever taken, over the wire."""

from __future__ import annotations

import json
from pathlib import Path

from lsprotocol import types

from tests.waiting import until

from .conftest import Start

KIND = "line-rest-short"


def state(folder: Path) -> Path:
    """What a user's earlier sessions left: a hundred suggestions of a kind, none taken."""
    folder.mkdir()
    (folder / "reveal.json").write_text(json.dumps({KIND: {"trials": 90.0, "taken": 0.0}}))
    return folder


def asks_again(capabilities: types.ClientCapabilities) -> None:
    capabilities.experimental = {"nearline": {"refresh": True}}


async def test_a_client_that_asks_again_is_told_when_the_keyboard_rests(
    launch: Start, config: Path, tmp_path: Path
) -> None:
    """And what it takes then is remembered for the next session."""
    folder = state(tmp_path / "state")
    editor = await launch(config, NEARLINE_STATE_DIR=str(folder))
    await editor.initialize(able=asks_again)
    await editor.until_state("ready")
    doc = editor.open("x = \n")
    assert await editor.ask(doc, 4) == []
    await until(lambda: editor.refreshes, "the keyboard to rest")
    assert await editor.text(doc, 4) == "hello world"
    editor.insert(doc, 4, "hello world")
    assert await editor.quit() == 0

    kept = json.loads((folder / "reveal.json").read_text())
    assert (round(kept[KIND]["trials"], 1), kept[KIND]["taken"]) == (90.1, 1.0)


async def test_another_client_has_everything_at_once(launch: Start, config: Path, tmp_path: Path) -> None:
    """It would not see it later."""
    editor = await launch(config, NEARLINE_STATE_DIR=str(state(tmp_path / "state")))
    await editor.initialize()
    await editor.until_state("ready")

    assert await editor.text(editor.open("x = \n"), 4) == "hello world"
