"""`nearline setup`: what is written or printed for an editor, and what is never overwritten."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nearline_server.cli import setup

from .conftest import Run


@pytest.fixture
def config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:  # noqa: ARG001 (sets the user up)
    """Where the user's configuration is; nothing is on the PATH."""
    monkeypatch.delenv("NVIM_APPNAME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "config"


@pytest.fixture
def vsix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The extension, as an installed package has it."""
    monkeypatch.setattr(setup, "PACKAGE", tmp_path / "package")
    vsix = tmp_path / "package" / "_editors" / "vscode" / "nearline.vsix"
    vsix.parent.mkdir(parents=True)
    vsix.touch()
    return vsix


def fake(config_home: Path, name: str, script: str = "") -> Path:
    """An executable on the PATH."""
    path = config_home.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_neovim_gets_one_file(run: Run, config_home: Path) -> None:
    """With the plugin's place and the server's command."""
    result = run("setup", "neovim")
    path = config_home / "nvim" / "plugin" / "nearline.lua"
    text = path.read_text()

    assert result.exit_code == 0
    assert str(path) in result.stdout
    assert [each for each in config_home.rglob("*") if each.is_file()] == [path]
    assert text.splitlines()[0] == setup.MARK
    assert (setup.PACKAGE.parents[1] / "editors" / "neovim").as_posix() in text
    assert "require('nearline').setup" in text


def test_another_configuration_of_neovim_is_found(run: Run, config_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As NVIM_APPNAME names it."""
    monkeypatch.setenv("NVIM_APPNAME", "nvim-work")
    run("setup", "neovim")

    assert (config_home / "nvim-work" / "plugin" / "nearline.lua").is_file()


def test_the_server_is_named_where_the_name_is_enough(run: Run, config_home: Path) -> None:
    """A path would go out of date with the installation."""
    before = run("setup", "neovim", "--print").stdout
    fake(config_home, "nearline")
    after = run("setup", "neovim", "--print").stdout

    assert "cmd = { 'nearline', 'lsp' }" in after
    assert str(Path(sys.executable).parent) in before


def test_print_writes_nothing(run: Run, config_home: Path) -> None:
    """It shows the file and where it would be."""
    printed = run("setup", "neovim", "--print").stdout
    there = config_home.exists()
    run("setup", "neovim")
    path = config_home / "nvim" / "plugin" / "nearline.lua"

    assert not there
    assert printed == f"-- {path}\n{path.read_text()}"


def test_its_own_file_is_written_again(run: Run, config_home: Path) -> None:
    """An installation that has moved is mended by calling it again."""
    run("setup", "neovim")
    path = config_home / "nvim" / "plugin" / "nearline.lua"
    text = path.read_text()
    path.write_text(f"{setup.MARK}\n-- outdated\n")

    assert run("setup", "neovim").exit_code == 0
    assert path.read_text() == text


@pytest.mark.parametrize("text", ["-- mine\n", f"\n{setup.MARK}\n", "", b"\xff".decode("latin-1")])
def test_what_it_did_not_write_stays(run: Run, config_home: Path, text: str) -> None:
    """The user's file is as it was, and they are told how to go on."""
    path = config_home / "nvim" / "plugin" / "nearline.lua"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="latin-1")
    result = run("setup", "neovim")

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert str(path) in result.stderr
    assert path.read_text(encoding="latin-1") == text


def test_a_folder_that_cannot_be_written_is_a_failure(run: Run, config_home: Path) -> None:
    """One line."""
    config_home.touch()
    result = run("setup", "neovim")

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("word", ["it's", "a\\b", "a\nb"])
def test_paths_of_any_kind_are_lua_strings(word: str) -> None:
    """With quotes, backslashes and line ends."""
    assert setup._lua(word) == {"it's": r"'it\'s'", "a\\b": r"'a\\b'", "a\nb": r"'a\nb'"}[word]


def test_vscode_installs_the_extension(run: Run, config_home: Path, vsix: Path) -> None:
    """By its own command, which is called once."""
    called = config_home.parent / "called"
    fake(config_home, "code", f'echo "$@" >> {called}')
    fake(config_home, "nearline")
    result = run("setup", "vscode")

    assert (result.exit_code, result.stdout) == (0, "")
    assert called.read_text() == f"--install-extension {vsix}\n"


def test_vscode_prints_what_it_would_run(run: Run, config_home: Path, vsix: Path) -> None:
    """And runs nothing."""
    called = config_home.parent / "called"
    fake(config_home, "code", f"touch {called}")
    fake(config_home, "nearline")

    assert run("setup", "vscode", "--print").stdout == f"code --install-extension {vsix}\n"
    assert not called.exists()


def test_without_the_command_the_steps_are_printed(run: Run, config_home: Path, vsix: Path) -> None:
    """Where the file is, and how VS Code finds the server."""
    printed = run("setup", "vscode").stdout

    assert "Install from VSIX" in printed
    assert str(vsix) in printed
    assert '"nearline.server.command": ["' in printed
    assert not config_home.exists()


def test_an_extension_that_is_not_installed_is_a_failure(run: Run, config_home: Path, vsix: Path) -> None:
    """VS Code says why by itself."""
    assert vsix.exists()
    fake(config_home, "code", "exit 1")

    assert run("setup", "vscode").exit_code == 1


def test_what_does_not_come_with_the_installation_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what makes it."""
    monkeypatch.setattr(setup, "PACKAGE", tmp_path / "server" / "nearline_server")
    result = run("setup", "vscode")

    assert result.exit_code == 1
    assert "npm run --prefix editors/vscode package" in result.stderr
