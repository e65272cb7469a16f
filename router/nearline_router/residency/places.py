"""Where a document may lie: all names under which rules have to look for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nearline_router.residency.ignore import IgnoreFiles
from nearline_router.residency.spelling import beneath, cleaned, folder_path, is_unclear, readings, tails
from nearline_router.residency.workspace import Workspace

# What goes beyond is not judged: `**` costs more the deeper a path is, and links can go round in circles.
MOST_FOLDERS = 64
MOST_CHARACTERS = 1024
MOST_PLACES = 64


@dataclass(frozen=True, slots=True)
class Places:
    """A document's names: relative to a workspace (`names`), absolute, and by workspaces that were read (`inside`).

    A path that is in no workspace has every tail of it as a name, so `patients/**` finds it wherever that is.
    """

    names: tuple[str, ...]
    absolute: tuple[str, ...]
    inside: tuple[tuple[Workspace, str], ...]

    @classmethod
    def of(cls, path: str, workspace: str | None, ignore: IgnoreFiles) -> Places | None:
        """All places a path may mean, links that were read followed; None if they cannot all be told."""
        if len(path) > MOST_CHARACTERS or path.count("/") + path.count("\\") >= MOST_FOLDERS:
            return None
        root = None if workspace is None else folder_path(workspace)
        names, absolute = _spelled(path, root, ignore)
        inside: list[tuple[Workspace, str]] = []
        waiting = list(absolute)
        for place in waiting:
            for read, name in ignore.around(place):
                inside.append((read, name))
                names[name] = None
                ahead = [target for target in map(cleaned, read.targets(name)) if target not in waiting]
                waiting += ahead
                names.update(pair for target in ahead for pair in _named(target, None, ignore).items())
            if len(waiting) > MOST_PLACES:
                return None
        inside += [(read, name) for read in ignore.meant_by(workspace) for name in names]
        return cls(tuple(names), tuple(waiting), tuple(inside))


def _spelled(path: str, root: str | None, ignore: IgnoreFiles) -> tuple[dict[str, None], dict[str, None]]:
    """The names and the absolute paths that the letters of a path may mean; dicts as sets that keep an order."""
    names: dict[str, None] = {}
    absolute: dict[str, None] = {}
    for reading in readings(path):
        if is_unclear(reading):
            names.update(dict.fromkeys([*tails(reading), *tails(cleaned(reading))]))
        if reading.startswith("/"):
            absolute[cleaned(reading)] = None
            names.update(_named(cleaned(reading), root, ignore))
            continue
        names[cleaned(reading)] = None
        if root is not None:
            absolute[cleaned(f"{root}/{reading}")] = None
    return names, absolute


def _named(place: str, root: str | None, ignore: IgnoreFiles) -> dict[str, None]:
    """What an absolute path is called in its workspaces; in none, all tails of it."""
    return dict.fromkeys(_inner(place, root, ignore)) or dict.fromkeys(tails(place))


def _inner(place: str, root: str | None, ignore: IgnoreFiles) -> Iterator[str]:
    name = beneath(place, root) if root is not None else None
    if name is not None:
        yield name
    yield from (name for _, name in ignore.around(place))
