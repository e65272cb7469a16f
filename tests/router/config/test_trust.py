"""Which folders' own configuration counts in full."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nearline_router.config.trust import data_dir, distrust, is_trusted, trust, trusted_folders, trusting


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    folder = tmp_path / "data" / "nearline"
    monkeypatch.setenv("NEARLINE_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder to trust, with a repository inside."""
    (tmp_path / "work" / "repository").mkdir(parents=True)
    return tmp_path / "work"


def test_nothing_is_trusted_before_somebody_says_so(work: Path, own_data: Path) -> None:
    """And asking writes nothing."""
    assert not is_trusted(work)
    assert not own_data.exists()


def test_a_folder_is_trusted_from_then_on(work: Path) -> None:
    """Until it is taken back."""
    trust(work)
    assert is_trusted(work)

    assert distrust(work) is None
    assert not is_trusted(work)


def test_what_is_below_a_trusted_folder_is_trusted(work: Path) -> None:
    """Repositories too, as in VS Code; what is above or beside is not."""
    trust(work)

    assert is_trusted(work / "repository")
    assert trusting(work / "repository" / "not there yet") == work.resolve()
    assert not is_trusted(work.parent)
    assert not is_trusted(work.with_name("work2"))


def test_taking_back_names_the_folder_above_that_still_trusts(work: Path) -> None:
    """Otherwise it would seem done."""
    trust(work)
    trust(work / "repository")

    assert distrust(work / "repository") == work.resolve()
    assert trusted_folders() == (work.resolve(),)


def test_a_folder_is_known_by_its_real_path(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither dots nor a relative path make it another one."""
    monkeypatch.chdir(work)
    trust(Path("repository/../repository"))

    assert trusted_folders() == ((work / "repository").resolve(),)
    assert is_trusted(Path("repository"))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_a_trusted_folder_lends_no_trust(work: Path, tmp_path: Path) -> None:
    """What it leads to was not trusted."""
    (tmp_path / "elsewhere").mkdir()
    (work / "link").symlink_to(tmp_path / "elsewhere")
    trust(work)

    assert not is_trusted(work / "link")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"trusted": 5}', '{"trusted": [5]}', '{"trusted": ["."]}'])
def test_a_broken_file_trusts_nothing(own_data: Path, work: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is whole again with the next word."""
    own_data.mkdir(parents=True)
    (own_data / "trusted.json").write_text(text)
    monkeypatch.chdir(work)
    assert not is_trusted(work)

    trust(work)
    assert is_trusted(work)


def test_the_file_is_replaced_at_once_and_belongs_to_the_user_alone(own_data: Path, work: Path) -> None:
    """No half file under its name, nothing left beside it but the lock."""
    trust(work)
    trust(work / "repository")

    assert json.loads((own_data / "trusted.json").read_text())["trusted"] == [str(work), str(work / "repository")]
    assert {path.name for path in own_data.iterdir()} <= {"trusted.json", "trusted.lock"}
    if os.name == "posix":
        assert (own_data / "trusted.json").stat().st_mode & 0o077 == 0


def test_a_write_that_fails_leaves_the_old_file(work: Path, own_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the disk is full."""
    trust(work)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        trust(work / "repository")

    assert trusted_folders() == (work.resolve(),)
    assert list(own_data.glob("trusted-*")) == []


def test_windows_that_trust_at_the_same_time_are_all_heard(work: Path) -> None:
    """Each adds to what the others wrote."""
    folders = [work / str(number) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(trust, folders))

    assert set(trusted_folders()) == {folder.resolve() for folder in folders}


def test_the_data_folder_is_the_users_unless_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """NEARLINE_DATA_DIR names it."""
    assert data_dir() == tmp_path / "data" / "nearline"
    monkeypatch.delenv("NEARLINE_DATA_DIR")

    assert data_dir().name == "nearline"
    assert data_dir().is_absolute()
