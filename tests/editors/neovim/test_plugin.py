"""Around the ghost text: set-up, status, commands, health, the language server's life."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import psutil
import pynvim
import pytest

from .conftest import CONNECTED, PLUGIN, Editor, Start

STATUSLINE = """
vim.o.statusline = "[%{v:lua.require'nearline'.statusline()}]"
vim.cmd('autocmd User NearlineStatus redrawstatus')
"""
WORD = "return require('nearline').statusline()"

# The text of every floating window.
FLOATS = """
local lines = {}
for _, win in ipairs(vim.api.nvim_list_wins()) do
  if vim.api.nvim_win_get_config(win).relative ~= '' then
    vim.list_extend(lines, vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, true))
  end
end
return table.concat(lines, '\\n')
"""


def test_the_status_is_kept_for_the_statusline(start: Start) -> None:
    """What the server says about itself becomes a short text, and an autocommand tells of it."""
    editor = start(before="vim.cmd('autocmd User NearlineStatus let g:told = v:true')")
    status = {"state": "ready", "message": "", "endpoint": "local", "model": "qwen", "last_ms": 41.6}
    editor.from_server("nearline/status", status)
    editor.until(lambda: editor.lua("return require('nearline').status()") == "nearline ready 42 ms", "status")
    assert editor.lua("return vim.g.told") is True
    assert editor.lua("return require('nearline').details()") == status
    editor.from_server("nearline/status", {**status, "last_ms": None, "message": "at 127.0.0.1"})
    editor.until(lambda: editor.lua("return require('nearline').status()") == "nearline ready", "status")
    editor.from_server("nearline/status", {"state": "no-model", "message": "491 MB"})
    editor.until(lambda: editor.lua("return require('nearline').status()") == "nearline no-model: 491 MB", "status")


READY = {"state": "ready", "message": "", "endpoint": "local", "model": "qwen", "last_ms": 41.6}


LOOKS: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "ready 42 ms"),
    ({"where": "near"}, "near 42 ms"),
    ({"where": "cloud", "last_ms": None}, "cloud"),
    ({"where": "near", "heat": "warm"}, "near 42 ms"),
    ({"where": "near", "heat": "very_hot"}, "hot 42 ms"),
    ({"where": "cloud", "blocked": "It must stay here."}, "blocked"),
    ({"where": "near", "offline": True}, "offline 42 ms"),
    ({"state": "unavailable", "message": "nobody answers"}, "offline"),
    ({"state": "unavailable", "endpoint": None}, "actions only"),
    ({"state": "no-model"}, "no model"),
    ({"state": "starting"}, "starting"),
)


def test_the_statusline_is_one_word_and_the_last_time(start: Start) -> None:
    """What matters most to the user comes first; it is drawn as soon as the server tells."""
    editor = start(before=STATUSLINE)
    for told, drawn in LOOKS:
        editor.from_server("nearline/status", {**READY, **told})
        editor.until(lambda drawn=drawn: editor.screen(23)[-1] == f"[{drawn}]", f"{drawn} on the screen")


def test_the_statusline_says_what_is_switched_off(start: Start) -> None:
    """For this buffer, whatever the server says."""
    editor = start(before=STATUSLINE)
    editor.from_server("nearline/status", {**READY, "where": "near"})
    editor.until(lambda: editor.screen(23)[-1] == "[near 42 ms]", "statusline")
    for command, word in (
        ("disable python", "off"),
        ("enable python", "near 42 ms"),
        ("pause", "paused"),
        ("resume", "near 42 ms"),
        ("disable", "off"),
    ):
        editor.nvim.command(f"Nearline {command}")
        assert editor.screen(23)[-1] == f"[{word}]"


def test_checkhealth_finds_nothing_wrong(start: Start) -> None:
    """A working set-up has no error and no warning, and the report names the server and the keys."""
    editor = start()
    editor.nvim.command("Nearline health")
    report = "\n".join(editor.lines())
    assert "ERROR" not in report
    assert "WARNING" not in report
    assert "attached buffers: 1" in report
    assert "<Tab>: accept" in report


def test_checkhealth_names_who_took_a_key(start: Start) -> None:
    """A key that was mapped again, for all buffers or one of them, is reported with its owner."""
    editor = start()
    editor.lua("vim.keymap.set('i', '<Tab>', 'x', { desc = 'the other plugin' })")
    editor.lua("vim.keymap.set('i', '<M-l>', 'x', { desc = 'the local plugin', buffer = true })")
    editor.nvim.command("checkhealth nearline")
    report = "\n".join(editor.lines())
    assert "<Tab> (accept) was mapped again by: the other plugin" in report
    assert "(accept_line) is mapped in buffer" in report
    assert "the local plugin" in report


def test_checkhealth_says_what_is_missing(start: Start) -> None:
    """Without the command the report is an error with advice, and editing goes on."""
    editor = start(ready=False, cmd=["no-such-nearline", "lsp"])
    assert (
        editor.lua("return require('nearline').status()") == "nearline unavailable: no-such-nearline is not installed"
    )
    editor.type_to("iabc<Esc>", "abc")
    editor.nvim.command("checkhealth nearline")
    report = "\n".join(editor.lines())
    assert "no-such-nearline is not an executable" in report
    assert "Install it" in report


def test_checkhealth_shows_the_version(start: Start, tmp_path: Path) -> None:
    """The command is asked for its version."""
    fake = tmp_path / "nearline"
    fake.write_text("#!/bin/sh\necho nearline 1.2.3\n")
    fake.chmod(0o755)
    editor = start(ready=False, filetypes=["none"], cmd=[str(fake), "lsp"])
    editor.nvim.command("checkhealth nearline")
    assert "version: nearline 1.2.3" in "\n".join(editor.lines())


def test_disabled_means_no_requests(start: Start) -> None:
    """After `:Nearline disable` nothing is asked or shown; `enable` and `toggle` bring it back."""
    editor = start()
    editor.script("total")
    editor.type("it")
    editor.until_ghost("otal")
    editor.type("<Esc>")
    editor.nvim.command("Nearline disable")
    asked, focused = len(editor.requests()), len(editor.events("focus"))
    editor.type_to("ccto<M-Bslash>ta", "tota")
    assert editor.ghost() == ""
    assert len(editor.requests()) == asked
    assert len(editor.events("focus")) == focused
    assert editor.lua("return require('nearline').status()") == "nearline off"
    editor.type("<Esc>")
    editor.nvim.command("Nearline toggle")
    editor.type("cct")
    editor.until_ghost("otal")


def test_a_pause_ends_by_itself_or_by_the_user(start: Start) -> None:
    """Nothing is asked meanwhile."""
    editor = start()
    editor.script("total")
    editor.nvim.command("Nearline pause 60")
    asked = len(editor.requests())
    editor.type_to("it", "t")
    assert len(editor.requests()) == asked
    editor.lua("vim.schedule(require('nearline').resume)")
    editor.type("o")
    editor.until_ghost("tal")
    editor.lua("require('nearline').pause(0.0005)")
    editor.until(lambda: editor.lua(WORD) != "paused", "the end of the pause")


def test_a_file_type_can_be_left_out(start: Start) -> None:
    """At set-up, and by a command; other buffers are completed, and actions work in all."""
    editor = start("t\n", disabled_filetypes=["python"])
    editor.script("total", pieces=["It is a letter."])
    editor.type_to("A<Esc>", "t")
    assert editor.requests() == []
    editor.nvim.command("Nearline enable python")
    editor.type("A")
    editor.until_ghost("otal")
    editor.type("<Cmd>Nearline disable python<CR>")
    editor.until_ghost("")
    editor.nvim.command("Nearline explain")
    assert editor.until_event("action")["command"] == "nearline.explain"


def test_disabling_takes_the_ghost_text_away(start: Start) -> None:
    """What is on the screen goes at once."""
    editor = start()
    editor.script("total")
    editor.type("it")
    editor.until_ghost("otal")
    editor.type("<Cmd>Nearline disable<CR>")
    editor.until_ghost("")


def test_the_command_completes_its_names(start: Start) -> None:
    """`:Nearline` offers its subcommands and refuses others."""
    editor = start(ready=False)
    complete = "return vim.fn.getcompletion(..., 'cmdline')"
    names = "enable disable toggle pause resume trigger status why health log report dashboard doctor restart pin unpin"
    actions = "explain refactor fix tests document body review ask followup commit apply discard cancel"
    assert editor.lua(complete, "Nearline ") == f"{names} {actions}".split()
    assert editor.lua(complete, "Nearline pause ") == ["15", "60"]
    assert editor.lua(complete, "Nearline disable ") == ["python"]
    assert editor.lua(complete, "Nearline report --month 2026-11 --f") == ["--format"]
    assert editor.lua("return vim.fn.getcompletion('1,2Nearline ref', 'cmdline')") == ["refactor"]
    assert editor.lua("return vim.fn.getcompletion('Nearline ask ', 'cmdline')") == []
    with pytest.raises(pynvim.NvimError, match="no such command: nonsense"):
        editor.nvim.command("Nearline nonsense")


def test_why_shows_what_the_server_explains(start: Start) -> None:
    """As Markdown in a float beside the cursor."""
    editor = start("t\n")
    editor.nvim.command("Nearline why")
    editor.until(lambda: "**local** was chosen" in editor.lua(FLOATS), "the float")

    assert "cheap | 85 ms" in editor.lua(FLOATS)


def test_commands_of_the_shell_run_in_a_terminal(start: Start, tmp_path: Path) -> None:
    """With the server's own command and configuration; options are passed on."""
    fake = tmp_path / "nearline"
    fake.write_text('#!/bin/sh\necho "[$@]"\n')
    fake.chmod(0o755)
    editor = start(ready=False, filetypes=["none"], cmd=[str(fake), "lsp", "--config", "my.yaml", "--stdio"])
    for name in ("report", "dashboard", "doctor"):
        editor.nvim.command(f"Nearline {name} --by model")
        shown = f"[{name} --by model --config my.yaml]"
        editor.until(lambda shown=shown: any(shown in row for row in editor.screen(24)), f"{shown} on the screen")
        editor.nvim.command("close")


def test_status_log_and_trigger_commands(start: Start) -> None:
    """`status` prints the short text, `log` opens the log, `trigger` asks from normal mode too."""
    editor = start("t\n")
    editor.from_server("nearline/status", {"state": "ready", "model": "qwen", "endpoint": "local"})
    editor.until(lambda: "ready" in editor.lua("return vim.fn.execute('Nearline')"), "status")
    assert "model qwen at local" in editor.lua("return vim.fn.execute('Nearline status')")
    editor.script("total")
    editor.type(":Nearline trigger<CR>")
    editor.until(lambda: editor.requests() and editor.requests()[-1]["kind"] == 1, "invoked request")
    editor.until_ghost("otal")
    editor.type("<Esc>")
    editor.nvim.command("Nearline log")
    assert editor.lua("return vim.fn.expand('%:t')") == "lsp.log"


def test_restart_brings_a_new_server(start: Start) -> None:
    """After `:Nearline restart` another process answers."""
    editor = start()
    first = editor.until_event("initialized")["pid"]
    editor.nvim.command("Nearline restart")
    assert editor.until_event("initialized", 2)["pid"] != first
    editor.until(lambda: editor.lua(CONNECTED), "connection")
    editor.script("total")
    editor.type("it")
    editor.until_ghost("otal")


def kill_server(editor: Editor, count: int) -> None:
    """As the system does when memory is short."""
    psutil.Process(editor.until_event("initialized", count)["pid"]).kill()


def test_a_killed_server_is_started_again(start: Start) -> None:
    """Typing goes on meanwhile, and the new server gets the text as it is by then."""
    editor = start()
    editor.script("total", delay_ms=10_000)
    editor.type_to("it", "t")
    editor.until(lambda: editor.requests()[-1]["before"] == "t", "request")
    kill_server(editor, 1)
    editor.type_to("o", "to")
    editor.until_event("initialized", 2)
    editor.until(lambda: editor.lua(CONNECTED), "connection")
    editor.script("total")
    editor.type("t")
    editor.until_ghost("al")
    assert editor.screen(1) == ["total"]


def test_a_server_that_crashes_again_and_again_is_left_alone(start: Start) -> None:
    """The status and one message say so; keys work, and `:Nearline restart` tries anew."""
    editor = start()
    editor.lua("require('nearline.client').restart_after_ms = { 0 }")
    kill_server(editor, 1)
    kill_server(editor, 2)
    editor.until(lambda: editor.lua(WORD) == "offline", "status")

    assert "ended by signal 9" in editor.lua("return require('nearline').status()")
    assert "again and again" in editor.nvim.command_output("messages")
    editor.type_to("itotal<Esc>", "total")
    editor.nvim.command("Nearline restart")
    editor.until_event("initialized", 3)


def test_settings_change_while_the_server_runs(start: Start, cmd: list[str]) -> None:
    """Another `setup` sends them, and what it says about keys and drawing counts too."""
    editor = start(settings={"completion": {"budget_ms": 100}})
    editor.until_event("configuration")
    settings = {"completion": {"budget_ms": 80}}
    editor.lua("require('nearline').setup(...)", {"cmd": cmd, "settings": settings, "keymaps": {"accept": "<C-y>"}})

    assert editor.until_event("configuration", 2)["settings"] == {"nearline": settings}
    assert len(editor.events("initialized")) == 1
    editor.script("total")
    editor.type("it")
    editor.until_ghost("otal")
    editor.type_to("<C-y>", "total")


def test_settings_reach_the_server(start: Start) -> None:
    """`settings` are the initialization options and the section of the configuration."""
    editor = start(settings={"completion": {"budget_ms": 100}})
    assert editor.until_event("initialize")["options"] == {"completion": {"budget_ms": 100}}
    assert editor.until_event("configuration")["settings"] == {"nearline": {"completion": {"budget_ms": 100}}}


def test_a_file_without_a_type_is_attached(start: Start) -> None:
    """Plain notes are completed too."""
    editor = start(name="notes")
    assert editor.lua("return vim.bo.filetype") == ""
    editor.script("total")
    editor.type("it")
    editor.until_ghost("otal")


def test_buffers_that_are_no_files_are_left_alone(start: Start) -> None:
    """Scratch buffers, help pages and other plugins' buffers get no server."""
    editor = start()
    for command in (
        "enew | setfiletype python",
        "new | setlocal buftype=help | setfiletype python",
        "edit oil:///tmp/x | setfiletype python",
    ):
        editor.nvim.command(command)
        assert editor.lua("return #vim.lsp.get_clients({ bufnr = 0, name = 'nearline' })") == 0


def test_only_the_given_filetypes_are_attached(start: Start) -> None:
    """`filetypes` limits the plugin."""
    editor = start(ready=False, filetypes=["ruby"])
    editor.nvim.command("edit other.rb")
    editor.until_event("didOpen")
    assert [event["language"] for event in editor.events("didOpen")] == ["ruby"]


def test_projects_share_one_server(start: Start, tmp_path: Path) -> None:
    """A file of another project goes to the same process, which is told of the new root."""
    for project in ("one", "two"):
        (tmp_path / project / ".git").mkdir(parents=True)
    editor = start()
    for project in ("one", "two"):
        editor.nvim.command(f"edit {tmp_path / project / 'main.py'}")
    editor.until_event("didOpen", 3)
    added = [uri for event in editor.events("folders") for uri in event["added"]]
    assert added == [(tmp_path / project).as_uri() for project in ("one", "two")]
    assert len(editor.events("initialized")) == 1


def test_without_setup_the_command_sets_up(start: Start) -> None:
    """Loading the plugin starts nothing; the first `:Nearline` command does."""
    editor = start(ready=False, cmd=[sys.executable, "-c", "pass"], filetypes=["none"])
    editor.lua("package.loaded.nearline, package.loaded['nearline.config'] = nil, nil")
    assert editor.lua("return require('nearline').config() == nil") is True
    editor.lua("vim.fn.execute('Nearline status')")
    assert editor.lua("return require('nearline').config().debounce_ms") == 0


def test_bad_options_are_refused(start: Start) -> None:
    """A wrong value is named at set-up."""
    editor = start(ready=False)
    ok, message = editor.lua("return { pcall(require('nearline').setup, { debounce_ms = 400 }) }")
    assert not ok
    assert "debounce_ms" in message


def test_the_builtin_backend_or_its_substitute_works(start: Start) -> None:
    """Neovim 0.12 draws by itself if asked to; 0.11 cannot, and the plugin's own ghost text steps in."""
    editor = start(backend="builtin")
    editor.script("total")
    editor.type("it")
    editor.until(lambda: editor.screen(1) == ["total"], "ghost text")
    editor.type_to("<Tab>", "total")
    assert editor.until_event("accepted")["text"] == "total"
    builtin = editor.lua("return vim.lsp.inline_completion ~= nil")
    assert editor.lua("return require('nearline').config().backend") == ("builtin" if builtin else "own")
    assert len(editor.events("show")) == (0 if builtin else 1)


def test_the_help_has_tags_for_everything_it_points_to(start: Start, tmp_path: Path) -> None:
    """`:help nearline` and the links inside it lead somewhere; the list of tags is as `:helptags` makes it."""
    text = (PLUGIN / "doc" / "nearline.txt").read_text()
    (tmp_path / "doc").mkdir()
    (tmp_path / "doc" / "nearline.txt").write_text(text)
    editor = start(ready=False, filetypes=["none"])
    editor.nvim.command(f"helptags {tmp_path / 'doc'}")
    editor.lua("vim.opt.runtimepath:append(...)", str(tmp_path))
    assert (tmp_path / "doc" / "tags").read_text() == (PLUGIN / "doc" / "tags").read_text()
    for target in ["nearline", ":Nearline", *re.findall(r"\|([^|\s]+)\|", text)]:
        editor.lua("vim.cmd('noautocmd help ' .. ...)", target)
