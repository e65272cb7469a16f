"""Key to ghost text in Neovim: from the key as it comes in to the end of the redraw that has ghost text in it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nearline_server.demo.client import server_command
from nearline_server.demo.typist import Script
from tests.bench.documents import cursor
from tests.bench.editors.strokes import FLOOR, GIVE_UP_S, READ_AHEAD_S, Press, Stroke, in_turns
from tests.editors.neovim.conftest import CONNECTED, INIT, PLUGIN, Editor, quit_editor, spawn, wait_until

# Nothing is indented or wrapped but by the script.
PLAIN = "vim.o.autoindent = false; vim.bo.indentexpr = ''; vim.bo.textwidth = 0; vim.bo.formatoptions = ''"
# Times of the key as it comes in, and of the end of the first redraw with ghost text behind what the key changed.
# Neovim redraws once before it tells anybody of the change: that redraw still has the old ghost text in it.
MEASURE = """
_G.nearline_times = {}
local space = vim.api.nvim_create_namespace('nearline')
local changed = false
local function now() return vim.uv.hrtime() / 1e6 end
vim.on_key(function(_, typed)
  if typed and typed ~= '' then
    _G.nearline_times, changed = { key = now() }, false
  end
end)
vim.api.nvim_create_autocmd({ 'TextChangedI', 'TextChangedP' }, { callback = function() changed = true end })
vim.api.nvim_set_decoration_provider(vim.api.nvim_create_namespace('nearline.measure'), {
  on_end = function()
    if changed and #vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { limit = 1 }) > 0 then
      changed = false
      _G.nearline_times.drawn = now()
    end
  end,
})
"""
REST_S = 0.15
POLL_S = 0.005
TAKEN_BY_KEYS = {"<": "<lt>", " ": "<Space>", "\\": "<Bslash>", "|": "<Bar>"}


def measure(folder: Path, config: str, typed: Script, keys: int, quiet: Callable[[], None]) -> list[list[Stroke]]:
    """The floor's strokes and Nearline's; `quiet` returns when the engine has nothing to do."""
    with (
        _editor(folder / "nvim-floor", FLOOR, typed) as bare,
        _editor(folder / "nvim-ours", server_command(config), typed) as nearline,
    ):
        nearline.until(lambda: nearline.lua("return require('nearline').details().state") == "ready", "the model")
        time.sleep(READ_AHEAD_S)
        quiet()
        return in_turns([_presser(bare, lambda: None), _presser(nearline, quiet)], typed, keys)


@contextmanager
def _editor(folder: Path, command: Sequence[str], typed: Script) -> Iterator[Editor]:
    folder.mkdir()
    file, init = folder / "typed.py", folder / "init.lua"
    file.write_text(typed.before + typed.after)
    init.write_text(INIT.format(plugin=json.dumps(str(PLUGIN))))
    nvim = spawn(init)
    try:
        nvim.exec_lua("require('nearline').setup(...)", {"cmd": list(command)})
        nvim.command(f"edit {file}")
        wait_until(lambda: nvim.exec_lua(CONNECTED), "the language server")
        editor = Editor(nvim, folder / "log")
        editor.lua(PLAIN)
        nvim.api.win_set_cursor(0, [cursor(typed.before)[0] + 1, 0])
        editor.type("A")
        editor.lua(MEASURE)
        yield editor
    finally:
        quit_editor(nvim)


def _presser(editor: Editor, quiet: Callable[[], None]) -> Press:
    def press(key: str) -> Stroke | None:
        along = editor.ghost().startswith(key)
        editor.lua("_G.nearline_times = {}")
        new_line = key.startswith(("\n", "\r"))
        editor.type("<CR>" + "<Space>" * len(key.strip("\r\n")) if new_line else TAKEN_BY_KEYS.get(key, key))
        took_ms = _drawn_after_ms(editor)
        time.sleep(REST_S)
        quiet()
        return None if new_line else Stroke(took_ms, along)

    return press


def _drawn_after_ms(editor: Editor) -> float | None:
    give_up_s = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up_s:
        if times := editor.lua("return _G.nearline_times.drawn and _G.nearline_times"):
            return float(times["drawn"] - times["key"])
        time.sleep(POLL_S)
    return None
