"""`.nearlineignore`: git's rules, read off the loop, and everything stays where reading fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nearline_router.config.models import ResidencyConfig
from nearline_router.residency.ignore import IgnoreFiles
from nearline_router.residency.rules import ResidencyRules
from nearline_router.types import RoutingRequest


def write(root: Path, files: dict[str, str]) -> None:
    """Files by their paths below a folder."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def reason(ignore: IgnoreFiles, path: str, root: Path | None, **config: tuple[str, ...]) -> str | None:
    """Why a document stays."""
    rules = ResidencyRules(ResidencyConfig(**config), ignore)  # type: ignore[arg-type]
    return rules.must_stay(RoutingRequest("", 8, path=path, workspace=None if root is None else str(root)))


def loaded(root: Path) -> IgnoreFiles:
    """The ignore files of a workspace that has nothing to complain about."""
    ignore = IgnoreFiles()
    assert ignore.load(str(root)) is None
    return ignore


@pytest.mark.parametrize(
    ("lines", "path", "stays"),
    [
        ("patients/", "patients/a.py", True),
        ("patients/", "src/patients/a.py", True),
        ("patients/", "patients", False),
        ("/patients", "src/patients/a.py", False),
        ("*.env\n!example.env", "prod.env", True),
        ("*.env\n!example.env", "example.env", False),
        ("!a.py\na.py", "a.py", True),
        ("a/\n!a/b.py", "a/b.py", True),
        ("a/*\n!a/b.py", "a/b.py", False),
        ("a/**\n!a/b.py", "a/b.py", False),
        ("a/**\n!a/b/\n", "a/b/c.py", True),
        ("**/gen/*.py", "x/y/gen/a.py", True),
        ("a/**/b", "a/b", True),
        ("# comment\n\n  \n", "comment", False),
        ("\\#x\n\\!y", "#x", True),
        ("\\#x\n\\!y", "!y", True),
        ("a.py  ", "a.py", True),
        ("a.py\r\nb.py\r\n", "a.py", True),
        ("\ufeffa.py", "a.py", True),
        ("größe.py", "GRÖSSE.PY", True),
        ("Ärzte/", "a\u0308rzte/a.py", True),
        ("*a*b*c*d.py", "xaxbxcxd.py", True),
        ("*a*b*c*d.py", "xaxcxbxd.py", False),
    ],
)
def test_an_ignore_file_names_what_git_would(tmp_path: Path, lines: str, path: str, stays: bool) -> None:
    (tmp_path / ".nearlineignore").write_bytes(lines.encode())
    expected = ".nearlineignore of this workspace names it" if stays else None
    assert reason(loaded(tmp_path), path, tmp_path) == expected


@pytest.mark.parametrize(
    ("path", "stays"),
    [("a.key", True), ("sub/a.key", False), ("sub/deep/a.key", False), ("sub/own.txt", True), ("own.txt", False)],
)
def test_a_deeper_ignore_file_has_the_last_word(tmp_path: Path, path: str, stays: bool) -> None:
    write(tmp_path, {".nearlineignore": "*.key\n", "sub/.nearlineignore": "!*.key\n/own.txt\n"})
    assert (reason(loaded(tmp_path), path, tmp_path) is not None) is stays


@pytest.mark.parametrize(
    "spelling", ["{root}/a.py", "./a.py", "x/../a.py", "A.PY", "file://{root}/a.py", "{root}/x/../a.py"]
)
def test_a_named_file_stays_in_every_spelling(tmp_path: Path, spelling: str) -> None:
    write(tmp_path, {".nearlineignore": "/a.py\n"})
    assert reason(loaded(tmp_path), spelling.format(root=tmp_path), tmp_path) is not None


def test_a_file_of_another_workspace_that_was_read_stays_by_its_rules(tmp_path: Path) -> None:
    write(tmp_path, {"one/a.py": "", "two/.nearlineignore": "/b.py\n"})
    ignore = loaded(tmp_path / "one")
    ignore.load(str(tmp_path / "two"))
    for path in ("../two/b.py", f"{tmp_path}/two/b.py"):
        assert reason(ignore, path, tmp_path / "one") is not None
    assert reason(ignore, f"{tmp_path}/two/b.py", None) is not None


def linked(link: Path, target: Path | str, is_folder: bool = False) -> None:
    """A symbolic link, where the system lets tests make one."""
    try:
        link.symlink_to(target, target_is_directory=is_folder)
    except OSError:
        pytest.skip("no symbolic links here")


def test_a_link_to_a_file_that_stays_stays(tmp_path: Path) -> None:
    write(tmp_path, {"patients/a.py": "", ".nearlineignore": "named.py\n", "named.py": ""})
    linked(tmp_path / "notes.py", "patients/a.py")
    linked(tmp_path / "other.py", tmp_path / "named.py")
    linked(tmp_path / "public", "patients", is_folder=True)
    ignore = loaded(tmp_path)
    assert reason(ignore, "notes.py", tmp_path, paths=("patients/**",)) == "its path matches patients/**"
    assert reason(ignore, "Public/b.py", tmp_path, paths=("patients/**",)) == "its path matches patients/**"
    assert reason(ignore, "other.py", tmp_path) == ".nearlineignore of this workspace names it"


def test_a_link_out_of_the_workspace_is_judged_by_every_name_of_its_target(tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/patients/a.py": "", "work/b.py": ""})
    linked(tmp_path / "work/notes.py", "../elsewhere/patients/a.py")
    assert reason(loaded(tmp_path / "work"), "notes.py", tmp_path / "work", paths=("/patients",)) is not None


def test_links_in_a_circle_are_not_judged(tmp_path: Path) -> None:
    linked(tmp_path / "a", "a/b", is_folder=True)
    assert reason(loaded(tmp_path), "a/c.py", tmp_path) == "its path cannot be judged"


def test_a_workspace_opened_over_a_link_is_known_by_both_names(tmp_path: Path) -> None:
    write(tmp_path, {"real/.nearlineignore": "/a.py\n"})
    linked(tmp_path / "alias", "real", is_folder=True)
    ignore = loaded(tmp_path / "alias")
    for path in (f"{tmp_path}/alias/a.py", f"{tmp_path}/real/a.py", "a.py"):
        assert reason(ignore, path, tmp_path / "alias") == ".nearlineignore of this workspace names it"


@pytest.mark.parametrize(
    "content", [b"[abc\n", b"ok\n[z-a]\n", b"\xff\xfe", b"/\n", b"./a\n", b"x\\", b"x" * 1_000_001]
)
@pytest.mark.parametrize("folder", [".", "deep/er"])
def test_an_ignore_file_that_is_not_understood_holds_the_whole_workspace(
    tmp_path: Path, folder: str, content: bytes
) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / ".nearlineignore").write_bytes(content)
    ignore = IgnoreFiles()
    problem = ignore.load(str(tmp_path))
    assert problem is not None
    assert reason(ignore, "any.py", tmp_path) == problem


def test_a_folder_in_the_place_of_an_ignore_file_holds_the_whole_workspace(tmp_path: Path) -> None:
    (tmp_path / ".nearlineignore").mkdir()
    assert IgnoreFiles().load(str(tmp_path)) is not None


def test_a_workspace_that_is_not_there_stays(tmp_path: Path) -> None:
    ignore = IgnoreFiles()
    assert ignore.load(str(tmp_path / "gone")) is not None
    assert reason(ignore, "any.py", tmp_path / "gone") is not None


def test_a_problem_is_said_once_and_again_after_it_was_mended(tmp_path: Path) -> None:
    ignore = IgnoreFiles()
    said = []
    for lines in ("[a", "[a", "a", "[a"):
        write(tmp_path, {".nearlineignore": lines})
        said.append(ignore.load(str(tmp_path)) is not None)
    assert said == [True, False, False, True]


def test_all_of_a_folder_that_cannot_be_looked_into_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"closed/a.py": "", "open/b.py": ""})
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "not allowed")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    ignore = loaded(tmp_path)
    assert reason(ignore, "closed/a.py", tmp_path) is not None
    assert reason(ignore, "open/b.py", tmp_path) is None


def test_the_file_may_have_another_name(tmp_path: Path) -> None:
    write(tmp_path, {".stay": "a.py\n", ".nearlineignore": "b.py\n"})
    ignore = IgnoreFiles(".stay")
    ignore.load(str(tmp_path))
    assert reason(ignore, "a.py", tmp_path) == ".stay of this workspace names it"
    assert reason(ignore, "b.py", tmp_path) is None


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "C:x"])
def test_a_file_name_that_is_none_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="bare name"):
        IgnoreFiles(name)


@pytest.mark.parametrize("line", ["?*?*?*?*?*?*b", "*a*a*a*a*a*a*b", "*a*a*/*a*a*/*a*a*b"])
def test_a_pattern_with_many_stars_is_judged_without_trying_every_way(tmp_path: Path, line: str) -> None:
    # Trying every way would take years, and the test's time limit would end it.
    write(tmp_path, {".nearlineignore": line + "\n"})
    assert reason(loaded(tmp_path), "/".join(["a" * 200] * 3), tmp_path) is None


def test_more_double_stars_than_anyone_means_hold_the_whole_workspace(tmp_path: Path) -> None:
    write(tmp_path, {".nearlineignore": "**/a/**/b/**/c/**/d/**/e\n"})
    assert IgnoreFiles().load(str(tmp_path)) is not None


def test_git_s_own_folder_is_not_looked_through(tmp_path: Path) -> None:
    write(tmp_path, {".git/.nearlineignore": "[broken"})
    assert IgnoreFiles().load(str(tmp_path)) is None
