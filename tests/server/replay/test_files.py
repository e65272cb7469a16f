"""The files that are replayed: code alone, the same ones for the same seed, and a split that never moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from nearline_server.replay.files import LEAST_CHARS, MOST_CHARS, chosen_files, held_out, read_source

CODE = "def f(x):\n    return x\n" * 100


def test_the_split_is_fixed() -> None:
    """These names are on these sides for ever: figures on held-out files would mean nothing else."""
    names = ["rich/theme.py", "rich/screen.py", "mypyc/lib-rt/str_ops.c", "mypyc/lib-rt/list_ops.c"]

    assert [held_out(name) for name in names] == [False, True, True, False]


def test_the_split_halves() -> None:
    """About as many files on either side."""
    assert 450 < sum(held_out(f"package/file_{number}.py") for number in range(1000)) < 550


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"x = 1\n", id="too short"),
        pytest.param(b"x" * (MOST_CHARS + 1), id="too long"),
        pytest.param(CODE.replace("\n", "\r\n").encode(), id="other line ends"),
        pytest.param(CODE.encode() + b"\xff\xfe", id="not UTF-8"),
        pytest.param(CODE.encode() + b"\0", id="a NUL"),
    ],
)
def test_what_is_no_ordinary_code_is_left_out(tmp_path: Path, content: bytes) -> None:
    """Data, binaries, and what would need another typist."""
    path = tmp_path / "a.py"
    path.write_bytes(content)

    assert read_source(path, "a.py", "python") is None


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    """A folder, or a file that is gone."""
    assert read_source(tmp_path, "a", "python") is None
    assert read_source(tmp_path / "gone.py", "gone.py", "python") is None


def test_files_below_folders_are_found_by_their_language(tmp_path: Path) -> None:
    """Code in any of the known languages; no prose, nothing hidden, nothing that a package manager put there."""
    for name in ("a.py", "b/c.ts", "d.md", ".git/e.py", "node_modules/f.js"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CODE)
    found = chosen_files([tmp_path], tmp_path, 1, 10)

    assert len(CODE) >= LEAST_CHARS
    assert sorted((one.name, one.language) for one in found) == [("a.py", "python"), ("b/c.ts", "typescript")]


def test_the_seed_chooses(tmp_path: Path) -> None:
    """The same few for the same seed, others for another; a file that is named twice is one."""
    for number in range(20):
        (tmp_path / f"{number}.py").write_text(CODE)
    chosen = [[one.name for one in chosen_files([tmp_path, tmp_path], tmp_path, seed, 3)] for seed in (1, 1, 2)]

    assert chosen[0] == chosen[1] != chosen[2]
    assert [len(set(names)) for names in chosen] == [3, 3, 3]


def test_a_file_elsewhere_has_its_whole_path(tmp_path: Path) -> None:
    """So that rules about paths see where it is."""
    (tmp_path / "root").mkdir()
    other = tmp_path / "other.py"
    other.write_text(CODE)

    assert [one.name for one in chosen_files([other], tmp_path / "root", 1, 3)] == [other.as_posix()]
