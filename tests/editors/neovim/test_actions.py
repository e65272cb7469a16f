"""Actions: what is asked of the server, the window that fills as the answer comes, edits, undo, cancel."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from .conftest import Editor, Start

TWO = "def one():\n    return 1\n\ndef two():\n    return 2\n"


def action(editor: Editor, command: str, **script: Any) -> dict[str, Any]:
    """Runs a command and gives the one argument that the server got with it."""
    if script:
        editor.script(**script)
    count = len(editor.events("action")) + 1
    editor.nvim.command(command)
    event = editor.until_event("action", count)
    argument: dict[str, Any] = event["argument"]
    return argument


def answer(editor: Editor) -> str:
    """What stands in the window of answers; "" if there is none."""
    text: str = editor.lua(
        """
        for _, win in ipairs(vim.api.nvim_list_wins()) do
          local buf = vim.api.nvim_win_get_buf(win)
          if vim.api.nvim_buf_get_name(buf):match('nearline://answer$') then
            return table.concat(vim.api.nvim_buf_get_lines(buf, 0, -1, true), '\\n')
          end
        end
        return ''
        """
    )
    return text


def until_answer(editor: Editor, end: str) -> str:
    return editor.until(lambda: text if (text := answer(editor)).rstrip().endswith(end) else "", f"answer {end!r}")


def text_edit(editor: Editor, line: int, start: int, end: int, text: str, **document: Any) -> dict[str, Any]:
    """A documentChange of the editor's own buffer, of its present version unless another is said."""
    uri, version = editor.lua(
        "return { vim.uri_from_bufnr(0), vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()] }"
    )
    range_ = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    named = {"uri": uri, "version": version, **document}
    return {"textDocument": named, "edits": [{"range": range_, "newText": text}]}


def place(editor: Editor, command: str) -> tuple[int, int, int, int]:
    """The range that a command is about: start line and character, end line and character."""
    found = action(editor, command)["range"]
    return found["start"]["line"], found["start"]["character"], found["end"]["line"], found["end"]["character"]


def test_an_explanation_is_read_in_a_window_of_its_own(start: Start) -> None:
    """Markdown beside the code, which fills piece by piece and ends with who wrote it."""
    editor = start(TWO)
    argument = action(editor, "Nearline explain", pieces=["It re", "turns\n`1`."])

    assert until_answer(editor, "cloud, large") == "# Explain\n\nIt returns\n`1`.\n\n---\ncloud, large\n"
    assert argument["uri"].endswith("/a.py")
    assert argument["version"] == 0
    assert editor.lua("return { vim.bo.filetype, vim.bo.buftype, vim.bo.modifiable, #vim.api.nvim_list_wins() }") == [
        "markdown", "nofile", False, 2
    ]  # fmt: skip


def test_pieces_are_shown_before_the_answer_is_complete(start: Start) -> None:
    """The window is there at once, and the first text as soon as it comes."""
    editor = start(TWO)
    action(editor, "Nearline review", pieces=["At first"], held=True)

    assert until_answer(editor, "At first") == "# Review\n\nAt first"


def test_q_closes_the_window_and_ends_what_nobody_reads(start: Start) -> None:
    """The server is told to stop."""
    editor = start(TWO)
    action(editor, "Nearline explain", pieces=["At first"], held=True)
    until_answer(editor, "At first")
    editor.type("q")

    assert editor.until_event("action cancelled")["command"] == "nearline.explain"
    assert editor.lua("return #vim.api.nvim_list_wins()") == 1
    assert editor.lines() == TWO.splitlines()


def test_the_window_is_used_again(start: Start) -> None:
    """Another explanation takes the place of the first."""
    editor = start(TWO)
    for text in ("first", "second"):
        editor.nvim.command("1wincmd w")
        action(editor, "Nearline explain", pieces=[text])
        until_answer(editor, "cloud, large")

    assert answer(editor).startswith("# Explain\n\nsecond\n")
    assert editor.lua("return #vim.api.nvim_list_wins()") == 2


def test_a_follow_up_goes_on_below(start: Start) -> None:
    """From within the answer's window, with the question as its heading."""
    editor = start(TWO)
    action(editor, "Nearline explain", pieces=["first"])
    until_answer(editor, "cloud, large")
    argument = action(editor, "Nearline followup and why?", pieces=["second"])
    text = editor.until(lambda: answer(editor) if "second" in answer(editor) else "", "the second answer")

    assert {"instruction": "and why?"}.items() <= argument.items()
    assert "uri" not in argument
    assert text.startswith("# Explain\n\nfirst\n")
    assert "# Follow up: and why?\n\nsecond" in text


def test_a_question_can_be_asked_where_there_is_no_file(start: Start) -> None:
    """It is then about none; other actions say that they need one."""
    editor = start(TWO)
    editor.nvim.command("enew")
    argument = action(editor, "Nearline ask what is a monad?", pieces=["A burrito."])

    assert argument["instruction"] == "what is a monad?"
    assert "uri" not in argument
    assert until_answer(editor, "cloud, large").startswith("# Ask: what is a monad?\n\nA burrito.")
    editor.nvim.command("Nearline refactor")
    editor.until(lambda: "no server has this buffer" in editor.nvim.command_output("messages"), "the reason")


def test_a_question_is_asked_for_when_there_is_none(start: Start) -> None:
    """By `vim.ui.input`, which other plugins may replace; without an answer nothing is sent."""
    editor = start(TWO)
    editor.lua("vim.ui.input = function(options, on_done) vim.g.prompt = options.prompt; on_done(nil) end")
    editor.nvim.command("Nearline ask")
    editor.lua("vim.ui.input = function(options, on_done) on_done('why?') end")
    argument = action(editor, "Nearline ask")

    assert editor.lua("return vim.g.prompt") == "Ask: "
    assert argument["instruction"] == "why?"


def test_without_a_range_the_cursor_is_the_place(start: Start) -> None:
    """The server finds what encloses it."""
    editor = start(TWO)
    editor.lua("vim.api.nvim_win_set_cursor(0, { 5, 4 })")

    assert place(editor, "Nearline refactor") == (4, 4, 4, 4)


def test_lines_are_meant_whole(start: Start) -> None:
    """From the beginning of the first to the end of the last."""
    editor = start(TWO)

    assert place(editor, "1,2Nearline refactor") == (0, 0, 1, 12)
    assert place(editor, "%Nearline document") == (0, 0, 4, 12)
    editor.nvim.command("normal! ggVj\x1b")
    assert place(editor, "'<,'>Nearline refactor") == (0, 0, 1, 12)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("ggfav3l", (0, 4, 0, 8)),
        ("gg0vl", (0, 0, 0, 3)),
        ("gg0v", (0, 0, 0, 2)),
        ("ggfav$", (0, 4, 0, 10)),
        ("ggfavj0", (0, 4, 1, 1)),
    ],
)
def test_a_selection_within_lines_is_meant_as_it_is(
    start: Start, keys: str, expected: tuple[int, int, int, int]
) -> None:
    """Its last character is part of it, however many of the client's units that has."""
    utf_16 = "vim.lsp.config('*', { capabilities = { general = { positionEncodings = { 'utf-16' } } } })"
    editor = start("😀é a = 12\nb\n", before=utf_16)
    editor.nvim.command(f"normal! {keys}\x1b")

    assert place(editor, "'<,'>Nearline explain") == expected


def test_an_exclusive_selection_ends_before_its_last_character(start: Start) -> None:
    """As `selection` says."""
    editor = start("abcdef\n", before="vim.o.selection = 'exclusive'")
    editor.nvim.command("normal! gg0v3l\x1b")

    assert place(editor, "'<,'>Nearline explain") == (0, 0, 0, 3)


def test_problems_of_the_place_go_with_a_fix(start: Start) -> None:
    """Whoever found them; those elsewhere do not, unless there is none at the cursor."""
    editor = start(TWO)
    editor.lua(
        """
        vim.diagnostic.set(vim.api.nvim_create_namespace('test'), 0, {
          { lnum = 1, col = 11, end_col = 12, message = 'one is wrong', source = 'lint', code = 'X1' },
          { lnum = 4, col = 11, message = 'two is wrong' },
        })
        """
    )
    messages = [
        [one["message"] for one in action(editor, command)["diagnostics"]]
        for command in ("2Nearline fix", "4,5Nearline fix", "call cursor(5, 1) | Nearline fix", "3 | Nearline fix")
    ]

    assert messages == [["one is wrong"], ["two is wrong"], ["two is wrong"], ["one is wrong", "two is wrong"]]
    assert action(editor, "2Nearline fix")["diagnostics"][0] == {
        "range": {"start": {"line": 1, "character": 11}, "end": {"line": 1, "character": 12}},
        "message": "one is wrong",
        "source": "lint",
        "code": "X1",
    }
    assert "diagnostics" not in action(editor, "1Nearline fix")


def test_an_edit_is_one_undo_step(start: Start) -> None:
    """However many places it changes; what was done before stays done."""
    editor = start(TWO)
    editor.type_to("ggA  # x<Esc>", "def one():  # x")
    change = text_edit(editor, 0, 4, 7, "eins")
    for line, start_, end, text in ((3, 4, 7, "zwei"), (4, 0, 0, "    # it is\n")):
        change["edits"] += text_edit(editor, line, start_, end, text)["edits"]
    action(editor, "Nearline refactor use German", pieces=["…"], changes=[change])
    changed = ["def eins():  # x", "    return 1", "", "def zwei():", "    # it is", "    return 2"]
    editor.until(lambda: editor.lines() == changed, "the edit")
    editor.type("u")
    editor.until(lambda: editor.lines() == ["def one():  # x", *TWO.splitlines()[1:]], f"undo, not {editor.lines()}")
    editor.type_to("u", *TWO.splitlines())
    editor.type("<C-r><C-r>")
    editor.until(lambda: editor.lines() == changed, "redo")


def test_an_edit_amid_typing_is_an_undo_step_of_its_own(start: Start) -> None:
    """What is typed before and after it, without leaving insert mode, is taken back by itself."""
    editor = start(TWO)
    editor.type_to("ggO# be", "# be")
    change = text_edit(editor, 1, 4, 7, "eins")
    action(editor, "Nearline refactor", changes=[change])
    editor.until(lambda: editor.lines()[1] == "def eins():", "the edit")
    editor.type_to("fore<Esc>", "# before")
    editor.type_to("u", "# be", "def eins():")
    editor.type_to("u", "# be", "def one():")
    editor.type_to("u", *TWO.splitlines())


def test_an_outdated_edit_is_refused(start: Start) -> None:
    """The server hears so, and the buffer is as the user left it; the answer is there to read."""
    editor = start(TWO)
    stale = text_edit(editor, 0, 4, 7, "eins")
    editor.type_to("ggx", "ef one():")
    action(editor, "Nearline refactor", pieces=["def eins(): …"], changes=[stale], note="It no longer fits.")

    assert editor.until_event("applied")["applied"] is False
    assert until_answer(editor, "It no longer fits.").startswith("# Refactor\n\ndef eins(): …\n")
    editor.nvim.command("1wincmd w")
    assert editor.lines()[0] == "ef one():"


def create(path: Path, text: str) -> list[dict[str, Any]]:
    """What makes a file."""
    zero = {"line": 0, "character": 0}
    return [
        {"kind": "create", "uri": path.as_uri(), "options": {"overwrite": False, "ignoreIfExists": False}},
        {
            "textDocument": {"uri": path.as_uri(), "version": None},
            "edits": [{"range": {"start": zero, "end": zero}, "newText": text}],
        },
    ]


def test_a_new_file_is_shown_beside_the_code(start: Start, tmp_path: Path) -> None:
    """The cursor stays where it is."""
    editor = start(TWO)
    action(
        editor, "Nearline tests", pieces=["…"], changes=create(tmp_path / "test_a.py", "def test_one():\n    pass\n")
    )
    editor.until_event("applied")
    editor.until(lambda: editor.lua("return #vim.api.nvim_list_wins()") == 2, "the other window")

    assert editor.lua("return vim.api.nvim_buf_get_name(0)").endswith("/a.py")
    shown = editor.lua("return vim.fn.getbufline('test_a.py', 1, '$')")
    assert shown[:2] == ["def test_one():", "    pass"]


def test_a_file_that_is_there_is_not_made_again(start: Start, tmp_path: Path) -> None:
    """Neovim itself would empty it."""
    there = tmp_path / "test_a.py"
    there.write_text("precious\n")
    editor = start(TWO)
    action(editor, "Nearline tests", pieces=["new"], changes=create(there, "def test_one(): …\n"), note="It is there.")

    assert editor.until_event("applied")["applied"] is False
    until_answer(editor, "It is there.")
    assert there.read_text() == "precious\n"


def test_an_edit_says_how_far_it_is(start: Start) -> None:
    """In the line below, and at the end who did it; it does not fill the history of messages."""
    editor = start(TWO)
    rows = editor.lua("return vim.o.lines")
    action(editor, "Nearline refactor", pieces=["abc", "de"], held=True)
    editor.until(lambda: "Refactor … 5 characters" in editor.screen(rows)[-1], "progress")
    editor.nvim.command("Nearline cancel")
    action(editor, "Nearline refactor", pieces=["abc"], changes=[text_edit(editor, 0, 4, 7, "eins")])
    editor.until(lambda: "Refactor: done by cloud" in editor.screen(rows)[-1], "the end")

    assert editor.lines()[0] == "def eins():"
    assert editor.nvim.command_output("messages") == ""


def test_cancel_ends_everything(start: Start) -> None:
    """The server's work is cancelled, and the window says so; what still comes is not shown."""
    editor = start(TWO)
    explained = action(editor, "Nearline explain", pieces=["At first"], held=True)
    until_answer(editor, "At first")
    editor.nvim.command("1wincmd w")
    action(editor, "Nearline refactor")
    editor.nvim.command("Nearline cancel")

    editor.until_event("action cancelled", 2)
    assert until_answer(editor, "cancelled") == "# Explain\n\nAt first\n\n---\ncancelled\n"
    late = {"version": 1, "id": explained["id"], "action": "explain", "text": "late", "done": False}
    editor.from_server("nearline/action/progress", late)
    editor.barrier()
    assert "late" not in answer(editor)
    rows = editor.lua("return vim.o.lines")
    assert "characters" not in editor.screen(rows)[-1]


def test_a_server_that_ends_ends_its_actions(start: Start) -> None:
    """What came until then stays."""
    editor = start(TWO)
    action(editor, "Nearline explain", pieces=["At first"], held=True)
    until_answer(editor, "At first")
    psutil.Process(editor.until_event("initialized")["pid"]).kill()

    assert until_answer(editor, "ended") == "# Explain\n\nAt first\n\n---\nExplain: the server ended\n"


def test_a_failure_is_one_sentence(start: Start) -> None:
    """A command that the server does not have, or that fails in it."""
    editor = start(TWO)
    editor.lua("vim.notify = function(message) vim.g.told = message end")
    editor.lua(
        """
        local client = vim.lsp.get_clients({ name = 'nearline' })[1]
        local request = client.request
        client.request = function(self, method, params, handler, ...)
          params.command = 'no.such.command'
          return request(self, method, params, handler, ...)
        end
        """
    )
    editor.nvim.command("Nearline explain")
    editor.until(lambda: "nearline: " in (editor.lua("return vim.g.told") or ""), "the sentence")
    assert answer(editor).startswith("# Explain\n\n\n\n---\n")


def menu(title: str, command: str, **argument: Any) -> dict[str, Any]:
    """An item of the code-action menu."""
    return {"title": title, "kind": "", "command": {"title": title, "command": command, "arguments": [argument]}}


CHOOSE = "vim.lsp.buf.code_action({ apply = true })"


def test_an_item_of_the_menu_is_read_in_the_window_too(start: Start) -> None:
    """Neovim's own code-action menu, with the argument that the server put there."""
    editor = start(TWO)
    editor.script(items=[menu("Explain", "nearline.explain", uri="file:///a.py")], pieces=["It returns."])
    editor.lua(CHOOSE)

    assert until_answer(editor, "cloud, large").startswith("# Explain\n\nIt returns.\n")
    assert editor.events("action")[0]["argument"]["uri"] == "file:///a.py"


def test_an_item_that_takes_an_instruction_asks_for_it(start: Start) -> None:
    """Its title ends in an ellipsis; nothing is an answer too."""
    editor = start(TWO)
    editor.lua("vim.ui.input = function(options, on_done) vim.g.prompt = options.prompt; on_done('use German') end")
    editor.script(items=[menu("Refactor…", "nearline.refactor", uri="file:///a.py")])
    editor.lua(CHOOSE)

    assert editor.until_event("action")["argument"]["instruction"] == "use German"
    assert editor.lua("return vim.g.prompt") == "Refactor: "


def test_what_an_action_of_the_users_own_says_is_shown(start: Start) -> None:
    """Nobody here knows beforehand whether it is an edit or a text."""
    editor = start(TWO)
    editor.script(items=[menu("Translate", "nearline.runAction", action="translate")], pieces=["Eins."])
    editor.lua(CHOOSE)

    assert until_answer(editor, "cloud, large").startswith("# Translate\n\nEins.\n")


def test_a_text_of_an_action_of_the_users_own_is_shown_as_it_comes(start: Start) -> None:
    """The server says with the first piece that it will be one."""
    editor = start(TWO)
    editor.script(
        items=[menu("Translate", "nearline.runAction", action="translate")], pieces=["Eins"], output="text", held=True
    )
    editor.lua(CHOOSE)

    assert until_answer(editor, "Eins") == "# Translate\n\nEins"


def test_answers_can_be_read_in_a_float(start: Start) -> None:
    """In front of the code, which goes on to fill its window; `q` closes it."""
    editor = start(TWO, answer="float")
    action(editor, "Nearline explain", pieces=["It returns."])

    assert until_answer(editor, "cloud, large").startswith("# Explain\n\nIt returns.\n")
    assert editor.lua("return vim.api.nvim_win_get_config(0).relative") == "editor"
    assert editor.lua("return vim.api.nvim_win_get_width(vim.fn.win_getid(1))") == editor.lua("return vim.o.columns")
    assert any("It returns." in row for row in editor.screen(24))
    editor.type("q")
    editor.until(lambda: editor.lua("return #vim.api.nvim_list_wins()") == 1, "the end of the float")


def test_a_pinned_endpoint_is_asked(start: Start) -> None:
    """By commands and by items of the menu, until it is taken back; the statusline's long form says so."""
    editor = start(TWO)
    editor.nvim.command("Nearline pin mac studio")
    pinned = action(editor, "Nearline refactor")
    editor.script(items=[menu("Document", "nearline.document", uri="file:///a.py")])
    editor.lua(CHOOSE)
    item = editor.until_event("action", 2)["argument"]
    told = editor.lua("return vim.fn.execute('Nearline status')")
    editor.nvim.command("Nearline unpin")

    assert (pinned["pin"], item["pin"]) == ("mac studio", "mac studio")
    assert "actions are asked at mac studio" in told
    assert "pin" not in action(editor, "Nearline refactor")


def test_endpoints_to_pin_are_offered(start: Start) -> None:
    """As the server knows them: by completion, and by `vim.ui.select`, where the first entry takes the pin back."""
    editor = start(TWO)
    editor.lua("vim.ui.select = function(items, _, on_done) vim.g.offered = items; on_done(items[2]) end")
    editor.nvim.command("Nearline pin")

    assert editor.lua("return vim.fn.getcompletion('Nearline pin m', 'cmdline')") == ["mac studio"]
    assert editor.lua("return vim.g.offered")[1:] == ["local", "mac studio"]
    assert action(editor, "Nearline refactor")["pin"] == "local"
    editor.lua("vim.ui.select = function(items, _, on_done) on_done(items[1]) end")
    editor.nvim.command("Nearline pin")
    assert "pin" not in action(editor, "Nearline refactor")


def git(folder: Path, *arguments: str) -> None:
    """Without the settings of whoever runs the tests."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_a_commit_message_is_put_before_what_git_has_written(start: Start, tmp_path: Path) -> None:
    """For what is staged, into the buffer in which the message is written."""
    git(tmp_path, "init")
    (tmp_path / "b.py").write_text("b = 1\n")
    git(tmp_path, "add", "b.py")
    editor = start("\n# Please enter the commit message\n", name="COMMIT_EDITMSG")
    editor.nvim.command(f"cd {tmp_path} | setfiletype gitcommit")
    argument = action(editor, "Nearline commit", pieces=["Add b\n\n", "It is one.\n"])
    editor.until(lambda: editor.lines()[0] == "Add b", "the message")

    assert "+b = 1" in argument["diff"]
    assert editor.lines() == ["Add b", "", "It is one.", "", "# Please enter the commit message"]


def test_without_anything_staged_no_message_is_asked_for(start: Start, tmp_path: Path) -> None:
    """The reason is said."""
    git(tmp_path, "init")
    editor = start("\n", name="COMMIT_EDITMSG")
    editor.nvim.command(f"cd {tmp_path} | Nearline commit")

    editor.until(lambda: "nothing is staged" in editor.nvim.command_output("messages"), "the reason")
    assert editor.events("action") == []
