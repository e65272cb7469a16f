"""`.nearlineignore`: files that stay with the user, named as in .gitignore, in a workspace's root and its folders.

`IgnoreFiles.load` reads and is for a thread; everything else is a look-up in what it left. What was not read, or
could not be, names everything.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from nearline_router.residency.spelling import composed, folded, folder_path
from nearline_router.residency.workspace import Tree, Workspace

IGNORE_FILE = ".nearlineignore"
# A longer file is not what it says it is.
MOST_BYTES = 1_000_000
# IO_REPARSE_TAG_MOUNT_POINT: a junction, Windows' other link to a folder (MS-FSCC, 2.1.2.1).
JUNCTION = 0xA0000003


class IgnoreFiles:
    """The ignore files of all workspaces of a session. Raises ValueError if `file_name` is not a file's bare name."""

    def __init__(self, file_name: str = IGNORE_FILE) -> None:
        if not file_name.strip(". ") or any(mark in file_name for mark in "/\\:\0"):
            raise ValueError(f"expected the bare name of a file: {file_name!r}")
        self.file_name = file_name
        # A new one with every load, so that verdicts of before are not used again.
        self.version = object()
        self._workspaces: dict[str, Workspace] = {}

    def load(self, workspace: str) -> str | None:
        """Read all ignore files and links of a workspace; for a thread, at its start and when a file changes.

        Returns what a person should be told: why the whole workspace stays, once per reason; None: nothing new.
        A workspace that cannot be read stays; it never raises.
        """
        key = folder_path(workspace)
        before = self._workspaces.get(key)
        try:
            read = _read(workspace, self.file_name)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            problem = f"a {self.file_name} of this workspace cannot be used, so all of it stays: {reason}"
            read = Workspace((key,), Tree({}), Tree({}), {}, problem)
        self._workspaces[key] = read
        self.version = object()
        return read.problem if before is None or before.problem != read.problem else None

    def of(self, workspace: str) -> Workspace | None:
        """What was read of a workspace; None: nothing yet."""
        return self._workspaces.get(folder_path(workspace))

    def meant_by(self, workspace: str | None) -> list[Workspace]:
        """What was read of a workspace; where none is said, a path may be of any."""
        read = None if workspace is None else self.of(workspace)
        return list(self._workspaces.values()) if workspace is None else [read] if read else []

    def around(self, path: str) -> Iterator[tuple[Workspace, str]]:
        """Every workspace that an absolute path lies in, and what it is called there."""
        for each in list(self._workspaces.values()):  # loads go on in threads
            if (name := each.inside(path)) is not None:
                yield each, name


def _read(workspace: str, file_name: str) -> Workspace:
    """Raises OSError and ValueError for anything that keeps an ignore file from being understood."""
    root = os.path.realpath(workspace, strict=True)
    exact: dict[str, list[str]] = {}
    folded_lines: dict[str, list[str]] = {}
    links: dict[str, tuple[str, ...]] = {}
    for folder, entry in _entries(root):
        if entry is None:
            exact[composed(folder)], folded_lines[folded(folder)] = ["*"], ["*"]
            continue
        name = f"{folder}/{entry.name}" if folder else entry.name
        if _is_link(entry):
            links[folded(name)] = (*links.get(folded(name), ()), *_targets(entry.path))
        if folded(entry.name) == folded(file_name):
            lines = _lines(Path(entry.path))
            exact.setdefault(composed(folder), []).extend(map(composed, lines))
            folded_lines.setdefault(folded(folder), []).extend(map(folded, lines))
    folders = tuple(dict.fromkeys((folder_path(workspace), folder_path(root))))
    return Workspace(folders, Tree(exact), Tree(folded_lines), links)


def _entries(root: str) -> Iterator[tuple[str, os.DirEntry[str] | None]]:
    """Everything below a folder with the name of the folder it is in; None for all that is in an unreadable one.

    Links are not followed and git's own files are left out. Raises OSError if the root cannot be read.
    """
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name)  # noqa: PTH118
        except OSError as error:
            if not folder:
                raise
            if not isinstance(error, FileNotFoundError):  # else it was deleted meanwhile
                yield folder, None
            continue
        for entry in entries:
            yield folder, entry
            if entry.is_dir(follow_symlinks=False) and not _is_link(entry) and entry.name != ".git":
                waiting.append(f"{folder}/{entry.name}" if folder else entry.name)


def _is_link(entry: os.DirEntry[str]) -> bool:
    """Whether it leads elsewhere; the second look costs nothing on Windows and is not needed on other systems."""
    if entry.is_symlink() or os.name != "nt":
        return entry.is_symlink()
    return getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == JUNCTION


def _targets(link: str) -> tuple[str, ...]:
    """Where a link leads by one step, and in the end; nowhere if it was deleted meanwhile, as editors' locks are."""
    try:
        step = Path(link).parent / Path(link).readlink()
    except FileNotFoundError:
        return ()
    return tuple(dict.fromkeys((folder_path(str(step)), folder_path(os.path.realpath(link)))))


def _lines(path: Path) -> list[str]:
    """The lines of an ignore file. Raises OSError, ValueError if it is no text of a sensible size."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
        raise ValueError("it is not a file, or too long")
    try:
        return [line.removesuffix("\r") for line in path.read_bytes().decode("utf-8-sig").split("\n")]
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
