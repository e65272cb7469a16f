"""One workspace as its ignore files and links were read: what they name, and where links lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from nearline_router.residency.patterns import compiled
from nearline_router.residency.spelling import beneath, folded


class Tree:
    """The ignore files of a workspace, by folder (`""` is the root), with git's rules for which one wins."""

    def __init__(self, lines: Mapping[str, list[str]]) -> None:
        self._specs: dict[str, GitIgnoreSpec] = {folder: compiled(each) for folder, each in lines.items()}

    def names(self, path: str) -> bool:
        """Whether a file is named, or a folder above it: what is in a named folder cannot be taken back."""
        steps = path.split("/")
        folders = ("/".join(steps[:end]) + "/" for end in range(1, len(steps)))
        return bool(self._specs) and (any(map(self._last_word, folders)) or self._last_word(path))

    def _last_word(self, path: str) -> bool:
        """The last pattern that fits decides, and a deeper file's before a higher one's."""
        folder = path.rstrip("/")
        while folder:
            folder = folder.rpartition("/")[0]
            if spec := self._specs.get(folder):
                verdict = spec.check_file(path[len(folder) + 1 if folder else 0 :], separators=()).include
                if verdict is not None:
                    return verdict
        return False


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace as it was read: its folder as spelled and as it really is, its ignore files, its links.

    `links`: absolute targets by the folded path of the link. `problem`: why all of it stays, if it does.
    """

    folders: tuple[str, ...]
    exact: Tree
    folded: Tree
    links: Mapping[str, tuple[str, ...]]
    problem: str | None = None

    def inside(self, path: str) -> str | None:
        """What an absolute path is called in here; None if it is elsewhere."""
        return next((name for folder in self.folders if (name := beneath(path, folder)) is not None), None)

    def names(self, path: str) -> bool:
        """Whether the ignore files name a path in here, as it is written or if case is ignored."""
        return self.exact.names(path) or self.folded.names(folded(path))

    def targets(self, path: str) -> Iterator[str]:
        """The absolute paths that a path in here leads to over one link."""
        steps = path.split("/") if self.links else []
        for end in range(1, len(steps) + 1):
            for target in self.links.get(folded("/".join(steps[:end])), ()):
                yield "/".join([target, *steps[end:]])
