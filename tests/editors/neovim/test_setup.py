"""`nearline setup neovim`: what it writes works in a Neovim that knows nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from nearline_server.cli.main import main

from .conftest import NVIM

ASK = """lua
print(require('nearline').config().cmd[2], vim.fn.exists(':Nearline'), #vim.fn.getcompletion('nearline-', 'help'))
"""


def test_the_written_file_sets_the_plugin_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its command and its help."""
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.delenv("NVIM_APPNAME", raising=False)
    assert CliRunner().invoke(main, ["setup", "neovim"]).exit_code == 0
    command_line = [NVIM, "--headless", "-c", ASK.replace("\n", " "), "-c", "qall!"]
    ran = subprocess.run(command_line, capture_output=True, text=True, timeout=60, check=True)
    command, defined, tags = ran.stderr.split()[:3]

    assert (command, defined) == ("lsp", "2")
    assert int(tags) > 3
