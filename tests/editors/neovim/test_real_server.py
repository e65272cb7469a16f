"""The whole way: a real Neovim, the real language server, the real engine and model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .conftest import Editor, Start

FILE = '''def fibonacci(n):
    """Return the n-th Fibonacci number."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def factorial(n):
    """Return the factorial of n."""
    result = 1
    for i in range(2, n + 1):

    return result
'''
LOOP_LINE = 13

COUNT_REQUESTS = """
_G.asked = 0
local client = vim.lsp.get_clients({ name = 'nearline' })[1]
local request = client.request
client.request = function(self, method, ...)
  if method == 'textDocument/inlineCompletion' then _G.asked = _G.asked + 1 end
  return request(self, method, ...)
end
"""


@pytest.fixture
def cmd(engine_dir: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The real server, on the shared real engine."""
    monkeypatch.setenv("NEARLINE_RUNTIME_DIR", str(engine_dir))
    monkeypatch.setenv("NEARLINE_MODELS_DIR", str(models_dir))
    return [sys.executable, "-P", "-m", "nearline_server", "lsp"]


def begin(start: Start) -> Editor:
    """Neovim in insert mode on the empty line of the loop, the model ready, ghost text of its own on the screen."""
    editor = start(FILE, settings={"completion": {"budget_ms": 20_000}})
    editor.until(lambda: editor.lua("return require('nearline').details().state") == "ready", "the model")
    editor.lua(COUNT_REQUESTS)
    editor.lua("vim.bo.indentexpr, vim.bo.autoindent = '', false")
    editor.type(f"{LOOP_LINE}GS        resul")
    editor.until(lambda: editor.ghost().startswith("t"), "ghost text that goes on with `result`")
    return editor


def test_ghost_text_of_the_real_model_is_drawn_and_tab_inserts_it(start: Start) -> None:
    """What stands on the screen behind the cursor is what Tab puts into the buffer."""
    editor = begin(start)
    ghost = editor.ghost()
    drawn = editor.screen(LOOP_LINE)[LOOP_LINE - 1]

    editor.type("<Tab>")
    editor.until(lambda: editor.lines()[LOOP_LINE - 1] == "        resul" + ghost.split("\n")[0], "the accepted text")

    assert drawn == ("        resul" + ghost.split("\n")[0]).rstrip()
    assert editor.lua("return vim.fn.bufnr('$')") == 1


def test_typing_along_it_costs_no_request(start: Start) -> None:
    """The ghost text shrinks by what is typed, and the server is not asked."""
    editor = begin(start)
    ghost = editor.ghost()
    asked = editor.lua("return _G.asked")

    editor.type(ghost[0])
    editor.until(lambda: editor.lines()[LOOP_LINE - 1].endswith("resul" + ghost[0]), "the typed character")

    assert editor.ghost() == ghost[1:]
    assert editor.lua("return _G.asked") == asked


def test_a_wrong_character_removes_it(start: Start) -> None:
    """What no longer fits is gone from the screen, whatever comes next."""
    editor = begin(start)
    ghost = editor.ghost()

    editor.type("Q")
    editor.until(lambda: editor.lines()[LOOP_LINE - 1].endswith("resulQ"), "the wrong character")

    assert ghost not in editor.ghost()
    assert ("resulQ" + ghost.split("\n")[0]) not in editor.screen(LOOP_LINE)[LOOP_LINE - 1]
