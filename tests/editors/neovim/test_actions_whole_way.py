"""Actions the whole way: a real Neovim, the real language server, and a provider that plays a script."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fault_server import End, FaultServer, Status, Text, Wait
from tests.own_loop import serving

from .conftest import Editor, Start

CODE = "# 😀\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
TWO = "```python\ndef two():\n    return 1 + 1\n```"


@pytest.fixture
def cloud() -> Iterator[FaultServer]:
    """The provider, in a loop of its own."""
    with serving(FaultServer()) as server:
        yield server


@pytest.fixture
def cmd(tmp_path: Path, cloud: FaultServer) -> list[str]:
    """The real server, whose only endpoint is that provider."""
    config = tmp_path / "cloud.yaml"
    endpoint = f"{{provider: openai-compatible, host: '{cloud.url}/v1', model: large, local: false}}"
    config.write_text(f"endpoints: {{cloud: {endpoint}}}\nengine: {{enabled: false, discover: false}}\n")
    return [sys.executable, "-P", "-m", "nearline_server", "lsp", "--config", str(config)]


def begin(start: Start, **options: Any) -> Editor:
    """Neovim with the cursor in the second function, and a server that has read its configuration."""
    editor = start(CODE, name="m.py", **options)
    editor.until(lambda: editor.lua("return require('nearline').details().state") != "starting", "the router")
    editor.nvim.command("call cursor(7, 5)")
    return editor


def until_screen(editor: Editor, text: str) -> None:
    rows = editor.lua("return vim.o.lines")
    editor.until(lambda: any(text in row for row in editor.screen(rows)), f"{text!r} in {editor.screen(rows)}")


def test_an_explanation_and_a_follow_up(start: Start, cloud: FaultServer) -> None:
    """The function at the cursor is asked about, and then the answer."""
    editor = begin(start)
    cloud.play(Text("It returns "), Text("**2**."), End())
    cloud.play(Text("Because."), End())
    editor.nvim.command("Nearline explain")
    until_screen(editor, "It returns **2**.")
    until_screen(editor, "cloud, large")
    editor.nvim.command("Nearline followup why?")
    until_screen(editor, "Because.")

    first, second = (one.body["messages"] for one in cloud.asked)
    assert "return 2" in str(first)
    assert [message["content"] for message in second if message["role"] == "assistant"] == ["It returns **2**."]


def test_a_refactoring_is_one_undo_step(start: Start, cloud: FaultServer) -> None:
    """Applied by Neovim, in a document with an emoji before it."""
    editor = begin(start)
    cloud.play(Text(TWO), End())
    editor.nvim.command("Nearline refactor without literals")
    editor.until(lambda: editor.lines()[-1] == "    return 1 + 1", f"the edit, not {editor.lines()}")

    assert editor.lines()[:-1] == CODE.splitlines()[:-1]
    assert "without literals" in str(cloud.asked[0].body)
    until_screen(editor, "done by cloud")
    editor.type("u")
    editor.until(lambda: editor.lines() == CODE.splitlines(), "undo")


CHOOSE = "vim.lsp.buf.code_action({ apply = true, filter = function(item) return item.title == vim.g.title end })"


def test_an_item_of_the_code_action_menu_is_previewed_and_applied(start: Start, cloud: FaultServer) -> None:
    """Neovim's own menu; the user sees the change before it is one."""
    editor = begin(start, preview=True)
    cloud.play(Text(TWO), End())
    editor.lua(f"vim.g.title = 'Document' {CHOOSE}")
    until_screen(editor, "<CR> apply   q discard")
    before = editor.nvim.api.buf_get_lines(1, 0, -1, True)
    until_screen(editor, "    return 1 + 1")
    editor.type("<CR>")
    editor.until(lambda: editor.lines()[-1] == "    return 1 + 1", f"the edit, not {editor.lines()}")

    assert before == CODE.splitlines()
    editor.type("u")
    editor.until(lambda: editor.lines() == CODE.splitlines(), "undo")


# Neovim shows them by `vim.ui.select`.
MENU = """
vim.ui.input = function(_, on_done) on_done('without literals') end
vim.ui.select = function(items, _, on_done)
  vim.g.titles = vim.tbl_map(function(item) return item.action.title end, items)
end
vim.lsp.buf.code_action()
"""


def test_each_item_of_the_menu_asks_and_ends(start: Start, cloud: FaultServer) -> None:
    """Whatever it is: an edit, a new file or a text."""
    editor = begin(start)
    editor.lua("vim.diagnostic.set(vim.api.nvim_create_namespace('t'), 0, {{ lnum = 6, col = 4, message = 'wrong' }})")
    editor.lua(MENU)
    titles = editor.until(lambda: editor.lua("return vim.g.titles"), "the menu")
    for count, title in enumerate(titles, 1):
        cloud.play(Text(f"```python\ndef two():\n    return {count} + 1\n```"), End())
        editor.nvim.command("1wincmd w | call cursor(7, 5)")
        editor.lua(f"vim.g.title = ... {CHOOSE}", title)
        editor.until(lambda count=count: len(cloud.asked) == count, f"the request of {title}")
        editor.until(lambda: editor.lua("return require('nearline.runs').going_on()") == 0, f"the end of {title}")

    assert {"Explain", "Refactor…", "Fix: wrong", "Write tests", "Document", "Review"} <= set(titles)
    assert editor.nvim.command_output("messages") == ""


def test_tests_are_a_new_file_in_a_split(start: Start, cloud: FaultServer) -> None:
    """Not written yet, and the cursor stays in the code."""
    editor = begin(start)
    cloud.play(Text("```python\ndef test_two():\n    assert two() == 2\n```"), End())
    editor.nvim.command("Nearline tests")
    until_screen(editor, "def test_two():")

    assert editor.lua("return vim.api.nvim_buf_get_name(0)").endswith("/m.py")
    names = editor.lua("return vim.tbl_map(vim.api.nvim_buf_get_name, vim.api.nvim_list_bufs())")
    assert [Path(name).name for name in names] == ["m.py", "test_m.py"]


def test_cancel_ends_the_provider_s_work(start: Start, cloud: FaultServer) -> None:
    """Its connection is left, and nothing is changed."""
    editor = begin(start)
    cloud.play(Text("```python\ndef two"), Wait())
    editor.nvim.command("Nearline refactor")
    until_screen(editor, "characters")
    editor.nvim.command("Nearline cancel")
    editor.until(lambda: cloud.cancels == 1, "the provider")

    assert editor.lines() == CODE.splitlines()


def test_typing_elsewhere_meanwhile_is_kept(start: Start, cloud: FaultServer) -> None:
    """The edit moves with what it belongs to."""
    editor = begin(start)
    ready = asyncio.Event()
    cloud.play(Text("```python\n"), Wait(ready), Text(TWO.removeprefix("```python\n")), End())
    editor.nvim.command("Nearline refactor")
    until_screen(editor, "characters")
    editor.type_to("ggO# mine<Esc>", "# mine")
    assert cloud._server is not None
    cloud._server.get_loop().call_soon_threadsafe(ready.set)
    editor.until(lambda: editor.lines()[-1] == "    return 1 + 1", f"the edit, not {editor.lines()}")

    assert editor.lines() == ["# mine", *CODE.splitlines()[:-1], "    return 1 + 1"]


def test_a_failure_is_said_and_changes_nothing(start: Start, cloud: FaultServer) -> None:
    """One sentence, in Neovim's own way."""
    editor = begin(start)
    cloud.play(Status(500))
    editor.nvim.command("Nearline refactor")
    editor.until(lambda: "500" in editor.nvim.command_output("messages"), "the sentence")

    assert editor.lines() == CODE.splitlines()
