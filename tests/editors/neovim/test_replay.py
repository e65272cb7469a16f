"""A replay of 500 keys: at no redraw does any ghost text stand on the screen that is not for the text as it is."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import Editor, Start
from .derived_server import derived

KEYS, SEED = 500, 7
ROWS, COLUMNS = 24, 240
FILES = ("one = 1\ntwo = 2\n\ndef three():\n    return 3\n", "first\n    second line\nthird\n")

# What each redraw has put on the screen, the text that it is of, and where the cursor is, each of them once.
WATCH = """
vim.o.columns, vim.o.lines, vim.o.wrap, vim.o.hidden = COLUMNS, ROWS + 8, false, true
vim.opt.fillchars = { eob = ' ' }
_G.drawn, _G.known = {}, {}
local function screen(rows)
  local lines = {}
  for row = 1, rows do
    local cells = {}
    for column = 1, vim.o.columns do cells[column] = vim.fn.screenstring(row, column) end
    lines[row] = table.concat(cells):gsub('%s+$', '')
  end
  return lines
end
vim.api.nvim_set_decoration_provider(vim.api.nvim_create_namespace('replay'), {
  on_end = function()
    local lines, at = vim.api.nvim_buf_get_lines(0, 0, -1, true), vim.api.nvim_win_get_cursor(0)
    local frame = { lines = lines, row = at[1] - 1, column = at[2], rows = screen(ROWS) }
    local key = vim.json.encode(frame)
    if not _G.known[key] then
      _G.known[key] = true
      table.insert(_G.drawn, frame)
    end
  end,
})
"""


@dataclass(frozen=True)
class Frame:
    """What stood in the buffer and on the screen at the end of one redraw."""

    lines: list[str]
    row: int
    column: int
    rows: list[str]

    @property
    def before(self) -> str:
        """The text up to the cursor."""
        return "\n".join([*self.lines[: self.row], self.lines[self.row][: self.column]])

    @property
    def after(self) -> str:
        """The text from the cursor on."""
        return "\n".join([self.lines[self.row][self.column :], *self.lines[self.row + 1 :]])

    def screen_with(self, ghost: str) -> list[str]:
        """The rows as they are drawn with this ghost text at the cursor."""
        text = f"{self.before}{ghost}{self.after}".split("\n")
        return [line.rstrip() for line in text] + [""] * (ROWS - len(text))

    def ghosts(self) -> list[str]:
        """All that may stand there: the answer for this place, and what is left of one for a place typed on from."""
        before, after = self.before, self.after
        places = range(len(before), max(-1, len(before) - 40), -1)
        answers = [(derived(before[:place], after), before[place:]) for place in places]
        return [answer.removeprefix(typed) for answer, typed in answers if answer.startswith(typed) and answer != typed]


@pytest.fixture
def cmd() -> list[str]:
    """The server whose answers tell which text they are for."""
    return [sys.executable, str(Path(__file__).parent / "derived_server.py")]


class Typist:
    """Types, edits, undoes, jumps and changes files as the seed has it; looks at the ghost text before some keys."""

    def __init__(self, editor: Editor, seed: int) -> None:
        self.editor = editor
        self.random = random.Random(seed)
        self.accepted = self.followed = 0

    def key(self) -> str:
        """The next keys, one step of a person."""
        lines = self.editor.lines()
        if len(lines) > ROWS // 2 or max(map(len, lines)) > COLUMNS // 3:
            return "<Esc>gg5ddGddo"  # all of it stays on the screen
        chance = self.random.random()
        if chance < 0.30:
            return self.random.choice("abcxyz01(=. ")
        if chance < 0.62:
            return self._after_a_look()
        if chance < 0.74:
            return self.random.choice(["<BS>", "<BS>", "<Del>", "<C-w>", "<C-u>"])
        if chance < 0.90:
            return self.random.choice(["<Left>", "<Right>", "<Up>", "<Down>", "<Home>", "<End>", "<C-]>"])
        return self._normal_mode()

    def _after_a_look(self) -> str:
        self.editor.until(self.settled, "ghost text")
        ghost = self.editor.ghost()
        if not ghost:
            return "x"
        if self.random.random() < 0.5:
            self.followed += 1
            return {"\n": "<CR>", " ": "<Space>"}.get(ghost[0], ghost[0])
        self.accepted += 1
        return self.random.choice(["<Tab>", "<M-Right>", "<M-l>"])

    def settled(self) -> bool:
        return bool(self.editor.lua("return require('nearline.asking').pending == nil"))

    def _normal_mode(self) -> str:
        moves = ["u", "uu", "<C-r>", "gg", "G", "w", "b", "dd", "dw", "yyp", ":buffer #<CR>"]
        return "<Esc>" + self.random.choice(moves) + self.random.choice(["i", "a", "A", "o", "I"])


def frames(editor: Editor) -> list[Frame]:
    """What was drawn until now."""
    found: list[dict[str, Any]] = editor.lua("return _G.drawn")
    return [Frame(**frame) for frame in found]


def test_no_redraw_shows_ghost_text_of_another_text(start: Start, tmp_path: Path) -> None:
    """With edits, undo, deletes, jumps, two files, and answers that come late and in any order."""
    (tmp_path / "b.txt").write_text(FILES[1])
    editor = start(FILES[0], name="a.txt", before="vim.o.autoindent = true")
    editor.lua(WATCH.replace("ROWS", str(ROWS)).replace("COLUMNS", str(COLUMNS)))
    editor.lua("vim.lsp.get_clients({ name = 'nearline' })[1].cancel_request = function() end")
    editor.nvim.command(f"edit {tmp_path / 'b.txt'} | buffer #")
    editor.type("A")
    typist = Typist(editor, SEED)
    for _ in range(KEYS):
        editor.type(typist.key())
    editor.until(typist.settled, "the last answer")

    drawn = frames(editor)
    stale = [one for one in drawn if one.rows not in map(one.screen_with, ["", *one.ghosts()])]
    with_ghost = [one for one in drawn if one.rows != one.screen_with("")]
    assert stale == []
    assert len(with_ghost) > KEYS / 5
    assert min(typist.accepted, typist.followed) > KEYS / 20
