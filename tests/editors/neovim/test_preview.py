"""The preview of an edit: a diff, which the user applies or discards."""

from __future__ import annotations

from typing import Any

import psutil

from .conftest import Editor, Start

CODE = "def one():\n    return 1\n\n\nlast = 2\n"
CHANGED = ["def eins():", "    return 1", "", "", "last = 2"]
ROWS = 24


def edit(editor: Editor, **document: Any) -> dict[str, Any]:
    """A documentChange that renames the function, of the present version unless another is said."""
    uri, version = editor.lua("return { vim.uri_from_bufnr(1), vim.lsp.util.buf_versions[1] }")
    range_ = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 7}}
    return {
        "textDocument": {"uri": uri, "version": version, **document},
        "edits": [{"range": range_, "newText": "eins"}],
    }


def propose(start: Start) -> Editor:
    """Neovim in front of a proposal."""
    editor = start(CODE, preview=True)
    propose_again(editor)
    return editor


def propose_again(editor: Editor) -> None:
    editor.script(pieces=["def eins(): …"], changes=[edit(editor)])
    editor.nvim.command("Nearline refactor in German")
    editor.until(lambda: is_open(editor), "the proposal")


def is_open(editor: Editor) -> bool:
    return bool(editor.lua("return #vim.api.nvim_list_tabpages()") == 2)


def code(editor: Editor) -> list[str]:
    """What the file's buffer has."""
    return list(editor.nvim.api.buf_get_lines(1, 0, -1, True))


def test_both_sides_are_on_the_screen(start: Start) -> None:
    """The text as it is, the text as it would be, and the keys; nothing is changed yet."""
    editor = propose(start)
    screen = editor.screen(ROWS)

    assert any("def one():" in row and "def eins():" in row for row in screen)
    assert any("<CR> apply   q discard" in row for row in screen)
    assert code(editor) == CODE.splitlines()
    for window in (1, 2):
        assert editor.lua("return vim.wo[vim.fn.win_getid(...)].diff", window) is True


def test_applied_it_is_one_undo_step(start: Start) -> None:
    """The tab is gone, the user is where they were, and `u` takes back all of it."""
    editor = propose(start)
    editor.type("<CR>")
    editor.until(lambda: editor.lines() == CHANGED, "the edit")

    editor.until(lambda: "Refactor: done by cloud" in editor.screen(ROWS)[-1], "the end")
    assert editor.events("applied")[0]["applied"] is True
    assert not is_open(editor)
    assert editor.lua("return { vim.api.nvim_get_current_buf(), #vim.api.nvim_list_wins() }") == [1, 1]
    assert editor.lua("return vim.wo.diff") is False
    editor.type("u")
    editor.until(lambda: editor.lines() == CODE.splitlines(), "undo")


def test_discarded_nothing_is_changed(start: Start) -> None:
    """However the user does it; the answer is not shown, and nothing stays open."""
    editor = propose(start)
    for keys in ("q", ":Nearline discard<CR>", ":quit<CR>", ":tabclose<CR>", ":Nearline cancel<CR>"):
        if not is_open(editor):
            propose_again(editor)
        editor.type(keys)
        editor.until(lambda: not is_open(editor), f"the end of the proposal by {keys}")
        editor.barrier()
        assert code(editor) == CODE.splitlines()
        assert editor.lua("return #vim.api.nvim_list_wins()") == 1
        assert editor.lua("return #vim.tbl_filter(vim.api.nvim_buf_is_loaded, vim.api.nvim_list_bufs())") == 1


def test_it_is_applied_by_a_command_too(start: Start) -> None:
    """From either window; without a proposal the command says that there is none."""
    editor = propose(start)
    editor.type("<C-w>h:Nearline apply<CR>")
    editor.until(lambda: editor.lines() == CHANGED, "the edit")

    editor.nvim.command("Nearline apply")
    assert "there is no proposal" in editor.nvim.command_output("messages")


def test_what_is_outdated_by_now_is_not_applied(start: Start) -> None:
    """The text has changed under the proposal: the server hears so."""
    editor = propose(start)
    editor.nvim.api.buf_set_lines(1, 4, 5, True, ["last = 3"])
    editor.type("<CR>")

    assert editor.until_event("applied")["applied"] is False
    assert code(editor)[0] == "def one():"


def test_a_proposal_waits_until_nobody_types(start: Start) -> None:
    """Enter and `q` are text while the user is in insert mode."""
    editor = start(CODE, preview=True)
    editor.type("G$a")
    editor.script(changes=[edit(editor)])
    editor.type("<Cmd>Nearline refactor<CR>")
    editor.until_event("action")
    editor.barrier()
    editor.type_to("q", "def one():", "    return 1", "", "", "last = 2q")

    assert not is_open(editor)
    editor.type("<Esc>")
    editor.until_event("applied")  # the text was changed meanwhile: the server fits it anew
    assert not is_open(editor)


def test_a_newer_proposal_takes_the_place_of_the_older(start: Start) -> None:
    """One at a time."""
    editor = propose(start)
    older = editor.lua("return vim.api.nvim_get_current_buf()")
    editor.nvim.command("1wincmd w | Nearline document")
    editor.until(lambda: not editor.nvim.api.buf_is_valid(older), "the end of the first proposal")
    editor.until(lambda: is_open(editor), "the second proposal")
    editor.type("<CR>")
    editor.until(lambda: code(editor) == CHANGED, "the edit")

    assert not is_open(editor)


def test_a_server_that_ends_takes_its_proposal_along(start: Start) -> None:
    """Nobody would hear of the decision."""
    editor = propose(start)
    psutil.Process(editor.until_event("initialized")["pid"]).kill()
    editor.until(lambda: not is_open(editor), "the end of the proposal")

    assert code(editor) == CODE.splitlines()
