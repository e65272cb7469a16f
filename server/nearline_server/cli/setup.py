"""`nearline setup EDITOR`: the few lines that an editor needs, written or printed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

import nearline_server

PACKAGE = Path(nearline_server.__file__).parent
PRINT = click.option("--print", "only_print", is_flag=True, help="Print what would be done, and do nothing.")

# What a file begins with that this command may replace.
MARK = "-- Written by `nearline setup neovim`, which may replace it. Without this line the file is yours, and stays."

NEOVIM = """{mark}
local plugin = {plugin}
if vim.uv.fs_stat(plugin) then
  vim.opt.runtimepath:append(plugin)
  vim.cmd.source(plugin .. '/plugin/nearline.lua')
  require('nearline').setup({{ cmd = {{ {command} }} }})
end
"""

VSCODE_STEPS = """\
The command `code` is not on the PATH. In VS Code: Extensions, “…”, “Install from VSIX…”, and choose
  {vsix}
"""
FROM_SOURCE = (
    "npm ci --prefix editors/vscode && npm run --prefix editors/vscode package && "
    "code --install-extension editors/vscode/nearline.vsix"
)
VSCODE_SETTING = """\
`nearline` is not on the PATH. Tell VS Code in its settings where it is:
  "nearline.server.command": {command}
"""


@click.group()
def setup() -> None:
    """Connect an editor to Nearline."""


@setup.command()
@PRINT
def neovim(only_print: bool) -> None:
    """Write plugin/nearline.lua into Neovim's configuration folder (0.11 or newer)."""
    path, text = _neovim_config() / "plugin" / "nearline.lua", _neovim_text(_editor_files("neovim", "the plugin"))
    if only_print:
        click.echo(f"-- {path}\n{text}", nl=False)
        return
    try:
        _write_our_own(path, text)
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be written: {error}") from error
    click.echo(f"{path} is written. Start Neovim, open a file, and see :checkhealth nearline.")


@setup.command()
@PRINT
def vscode(only_print: bool) -> None:
    """Install the extension with VS Code's own command, or say how where that is not there."""
    vsix, code = _editor_files("vscode/nearline.vsix", "the extension"), shutil.which("code")
    if code is None:
        click.echo(VSCODE_STEPS.format(vsix=vsix), nl=False)
    elif only_print:
        click.echo(f"code --install-extension {vsix}")
    elif subprocess.run([code, "--install-extension", str(vsix)], check=False).returncode != 0:  # noqa: S603
        raise click.ClickException("VS Code did not install the extension; what it says stands above")
    if (command := _lsp_command())[0] != "nearline":
        click.echo(VSCODE_SETTING.format(command=json.dumps(command)), nl=False)


def _editor_files(name: str, what: str) -> Path:
    """Where a part of `editors/` is: in the installed package, else in the tree that the package is run from."""
    for folder in (PACKAGE / "_editors", PACKAGE.parents[1] / "editors"):
        if (folder / name).exists():
            return folder / name
    advice = f"; in a clone of the repository: {FROM_SOURCE}" if name.startswith("vscode") else ""
    raise click.ClickException(f"{what} does not come with this installation{advice}")


def _neovim_config() -> Path:
    """What Neovim calls stdpath('config') (`:help base-directories`)."""
    default = Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local") if os.name == "nt" else Path("~/.config")
    base = Path(os.environ.get("XDG_CONFIG_HOME") or default).expanduser()
    return base / (os.environ.get("NVIM_APPNAME") or "nvim")


def _neovim_text(plugin: Path) -> str:
    command = ", ".join(_lua(word) for word in _lsp_command())
    return NEOVIM.format(mark=MARK, plugin=_lua(plugin.as_posix()), command=command)


def _lua(text: str) -> str:
    """A Lua string, in the quotes of Lua's own style."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def _lsp_command() -> list[str]:
    """What starts the server: by its name where the editor finds it so, which outlives a move of the installation."""
    if shutil.which("nearline"):
        return ["nearline", "lsp"]
    beside = Path(sys.executable).with_name("nearline.exe" if os.name == "nt" else "nearline")
    return [str(beside), "lsp"] if beside.exists() else [sys.executable, "-P", "-m", "nearline_server", "lsp"]


def _write_our_own(path: Path, text: str) -> None:
    """Write a file that is not there or that this command wrote. Raises OSError and UnicodeDecodeError."""
    if path.exists() and not path.read_text(encoding="utf-8").startswith(MARK):
        raise click.ClickException(f"{path} is not of this command, so it stays; see `nearline setup neovim --print`")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
