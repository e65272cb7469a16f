"""Completion the whole way: a real Neovim, the real language server, and an engine that plays a script."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.own_loop import serving
from tests.scripted_llama import ScriptedLlama

from .conftest import CONNECTED, Editor, Start

CHILD = """
for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
  return pid
end
"""


@pytest.fixture
def cmd(tmp_path: Path) -> Iterator[list[str]]:
    """The real server, in front of that engine."""
    with serving(ScriptedLlama(pieces=["tal", " = 1"])) as llama:
        config = tmp_path / "nearline.yaml"
        config.write_text(
            f"endpoints: {{local: {{host: '{llama.url}'}}}}\nengine: {{enabled: false, discover: false}}\n"
        )
        yield [sys.executable, "-P", "-m", "nearline_server", "lsp", "--config", str(config)]


def begin(start: Start, cmd: list[str]) -> Editor:
    """Neovim in insert mode, with ghost text on the screen."""
    editor = start("x = 2\n", cmd=cmd, settings={"completion": {"budget_ms": 20_000}})
    until_ready(editor)
    editor.type("oto")
    editor.until_ghost("tal = 1")
    return editor


def until_ready(editor: Editor) -> None:
    editor.until(lambda: editor.lua("return require('nearline').details().state") == "ready", "the engine")


def test_settings_change_without_a_restart(start: Start, cmd: list[str]) -> None:
    """A language that is switched off has no more ghost text, by the same server."""
    editor = begin(start, cmd)
    server = editor.lua(CHILD)
    settings = {"completion": {"budget_ms": 20_000, "disabled_languages": ["python"]}}
    editor.lua("require('nearline').setup(...)", {"cmd": cmd, "settings": settings})
    editor.type_to("<C-u>", "x = 2", "")
    editor.type_to("to", "x = 2", "to")
    editor.until(lambda: editor.lua("return require('nearline.asking').pending == nil"), "the answer")

    assert editor.screen(2) == ["x = 2", "to"]
    assert editor.lua(CHILD) == server


def test_a_killed_server_comes_back(start: Start, cmd: list[str]) -> None:
    """And completes, without a word from the user."""
    editor = begin(start, cmd)
    server = editor.lua(CHILD)
    psutil.Process(server).kill()
    editor.until(lambda: editor.lua(CHILD) not in (None, server), "another server")
    editor.until(lambda: editor.lua(CONNECTED), "its connection")
    until_ready(editor)
    editor.type_to("<C-u>", "x = 2", "")
    editor.type_to("to", "x = 2", "to")

    editor.until_ghost("tal = 1")
    assert editor.screen(2) == ["x = 2", "total = 1"]
