"""`nearline trust`: what a folder's own file may do, said and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from nearline_router.config.trust import is_trusted, trusted_folders

from .conftest import Run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:  # noqa: ARG001 (sets the user up)
    """A folder with a file that asks for more than it may have."""
    monkeypatch.setenv("NEARLINE_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "workspace"
    folder.mkdir()
    text = "offline: true\nendpoints:\n  mine: {host: 'http://127.0.0.1:9'}\nengine: {idle_s: 5}\n"
    (folder / "nearline.yaml").write_text(text)
    return folder.resolve()


def test_it_lists_what_was_ignored_until_now(run: Run, folder: Path) -> None:
    """By key and line; what counted before is not in the list."""
    result = run("trust", folder)
    listed = [line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ")]

    assert (result.exit_code, listed) == (0, ["endpoints", "engine"])
    assert f"{folder} is trusted, and everything below it." in result.stdout
    assert "(line 2)" in result.stdout
    assert is_trusted(folder)


def test_without_a_folder_it_is_the_working_directory(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a command about folders is used."""
    monkeypatch.chdir(folder)
    run("trust")

    assert trusted_folders() == (folder,)


def test_what_is_trusted_already_says_by_which_folder(run: Run, folder: Path) -> None:
    """Nothing was ignored then, so nothing is listed."""
    run("trust", folder.parent)
    result = run("trust", folder)

    assert f"{folder} is trusted already, by {folder.parent}" in result.stdout
    assert "ignored" not in result.stdout


def test_a_folder_without_a_file_may_be_trusted_ahead(run: Run, folder: Path) -> None:
    """Whoever clones a repository next knows what it means."""
    (folder / "nearline.yaml").unlink()
    result = run("trust", folder)

    assert "It has no nearline.yaml or .nearline.yaml yet; one that comes counts in full." in result.stdout


def test_a_mistake_that_counts_from_now_on_is_said(run: Run, folder: Path) -> None:
    """With its place."""
    (folder / "nearline.yaml").write_text("engine: {enabled: perhaps}\n")
    result = run("trust", folder)

    assert result.exit_code == 0
    assert "nearline.yaml:1:19: engine.enabled" in result.stderr


def test_the_list_is_a_folder_a_line(run: Run, folder: Path) -> None:
    """Nothing else, so that it can be piped on."""
    other = folder.parent / "another"
    other.mkdir()
    before = run("trust", "--list")
    run("trust", folder)
    run("trust", other)

    assert (before.exit_code, before.stdout) == (0, "")
    assert run("trust", "--list").stdout == f"{other}\n{folder}\n"


def test_trust_can_be_taken_back(run: Run, folder: Path) -> None:
    """And what was never given, too."""
    run("trust", folder)
    first, second = run("trust", folder, "--remove"), run("trust", folder, "--remove")

    assert (first.exit_code, first.stdout) == (0, f"{folder} is trusted no longer\n")
    assert (second.exit_code, second.stdout) == (0, f"{folder} was not trusted\n")
    assert not is_trusted(folder)


def test_a_folder_above_that_is_trusted_still_is_said(run: Run, folder: Path) -> None:
    """Else somebody believes that it is trusted no longer."""
    run("trust", folder.parent)
    result = run("trust", folder, "--remove")

    assert result.exit_code == 1
    assert f"{folder} is still trusted, because {folder.parent} is" in result.stderr


@pytest.mark.parametrize("arguments", [["/nowhere/at/all"], ["--list", "--remove"]])
def test_what_makes_no_sense_is_a_wrong_usage(run: Run, arguments: list[str]) -> None:
    """Nothing is trusted by it."""
    assert run("trust", *arguments).exit_code == 2


def test_a_list_that_cannot_be_written_is_a_failure(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, and nothing is trusted."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEARLINE_DATA_DIR", str(tmp_path / "file"))
    result = run("trust", folder)

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "cannot be written" in result.stderr
