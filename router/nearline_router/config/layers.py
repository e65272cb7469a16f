"""The user's file, and over it the file of a folder, which counts in full only when the user trusts the folder."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nearline_router.config.document import MOST_PROBLEMS, Document, read
from nearline_router.config.models import RouterConfig
from nearline_router.config.nodes import Location
from nearline_router.config.problem import ConfigProblem, InvalidConfig, has_errors
from nearline_router.config.source import checked, validated
from nearline_router.config.tightening import IGNORED, rules, split, tightened

# In a folder, the first of these that is there.
WORKSPACE_FILES = ("nearline.yaml", ".nearline.yaml")
# Lists that both files may add to: what stays by the one's word stays whatever the other says.
ADDED_UP: tuple[Location, ...] = (
    ("residency", "paths"),
    ("residency", "languages"),
    ("residency", "workspaces"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that is safe to use, and every problem of its files.

    `broken`: a file has an error. Without the user's file the configuration is the default, which knows no endpoint
    that is not local; without the folder's, nothing leaves, as what it would keep is not known. Whoever has a
    configuration that was not broken goes on with that one.
    """

    config: RouterConfig
    problems: tuple[ConfigProblem, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether a file has an error."""
        return has_errors(self.problems)

    @property
    def completion(self) -> dict[str, Any]:
        """The language server's block, unread."""
        return self.config.completion


def layered(user: Path | None, workspace: Path | None, trusted: bool) -> Loaded:
    """The configuration of a user's file in a workspace folder; reads both, so call it in a thread. Raises nothing."""
    own, wrong = _document(user)
    config, problems = checked(own.data if own else None, [own] if own else [])
    problems += wrong
    if config is None or has_errors(problems):
        return Loaded(RouterConfig(), tuple(problems))
    file = workspace_file(workspace, user)
    if workspace is None or file is None:
        return Loaded(config, tuple(problems))
    theirs, wrong = _document(file)
    if theirs is None or has_errors(theirs.problems):
        return Loaded(_closed(config), (*problems, *wrong, *(theirs.problems if theirs else ())))
    documents = [own, theirs] if own else [theirs]
    if trusted:
        return _checked(config, documents, _merged(own.data if own else None, theirs.data), [])
    return _tightened(config, documents, workspace)


def layered_over(user: Path | None, folders: Sequence[Path], trusted: Callable[[Path], bool]) -> Loaded:
    """The configuration of a window with several folders: the first one's, made stricter by what the others say.

    Trusted or not, a further folder only tightens: its endpoints are not for the other folders' text.
    """
    first = folders[0] if folders else None
    loaded = layered(user, first, first is not None and trusted(first))
    for folder in folders[1:]:
        config, problems = loaded.config, loaded.problems
        if (file := workspace_file(folder, user)) is None:
            continue
        theirs, wrong = _document(file)
        if theirs is None or has_errors(theirs.problems):
            loaded = Loaded(_closed(config), (*problems, *wrong, *(theirs.problems if theirs else ())))
        else:
            more = _tightened(config, [theirs], folder)
            loaded = Loaded(more.config, (*problems, *more.problems))
    return loaded


def workspace_file(workspace: Path | None, user: Path | None = None) -> Path | None:
    """The file of a folder, if it has one and it is not the user's own."""
    paths = (workspace / name for name in WORKSPACE_FILES) if workspace else ()
    try:
        found = next((path for path in paths if path.is_file()), None)
        return None if found and user and user.exists() and found.samefile(user) else found
    except OSError:  # a folder that nobody may look into
        return None


def files(user: Path | None, folders: Sequence[Path]) -> tuple[Path, ...]:
    """Every file that `layered_over` would read, there or not: what to watch."""
    theirs = (folder / name for folder in folders for name in WORKSPACE_FILES)
    return (*([user] if user else ()), *theirs)


def _document(path: Path | None) -> tuple[Document | None, list[ConfigProblem]]:
    if path is None:
        return None, []
    try:
        return read(path), []
    except InvalidConfig as error:
        return None, list(error.problems)


def _checked(user: RouterConfig, documents: list[Document], data: Any, notes: list[ConfigProblem]) -> Loaded:
    config, problems = checked(data, documents)
    problems += notes
    return Loaded(_closed(user) if config is None or has_errors(problems) else config, tuple(problems))


def _closed(user: RouterConfig) -> RouterConfig:
    """The user's configuration in a folder whose file cannot be used: nothing leaves."""
    return user.model_copy(update={"residency": user.residency.model_copy(update={"everything": True})})


def _merged(own: Any, theirs: Any, at: Location = ()) -> Any:
    """Blocks are merged key by key; an empty block says nothing; any other value of the folder counts."""
    if theirs is None and (own is None or isinstance(own, dict)):
        return own
    if at in ADDED_UP and isinstance(own, list) and isinstance(theirs, list):
        return own + theirs
    if not (isinstance(own, dict) and isinstance(theirs, dict)):
        return theirs
    return own | {key: _merged(own.get(key), value, (*at, key)) for key, value in theirs.items()}


def _tightened(user: RouterConfig, documents: list[Document], workspace: Path) -> Loaded:
    """The user's configuration, stricter by what a folder's file says; the rest of that file is a warning each."""
    theirs = documents[-1]
    known = rules(user)
    allowed, strange = split(theirs.data, known) if isinstance(theirs.data, dict) else (theirs.data, [])
    wanted, wrong = validated(allowed, [theirs])
    if wanted is None:
        return Loaded(_closed(user), (*theirs.problems, *wrong))
    data, notes = tightened(user, wanted, known)
    trust = f": nearline trust {shlex.quote(str(workspace))}"
    texts = dict.fromkeys(strange, IGNORED) | {note.location: note.message for note in notes}
    warnings = [
        theirs.problem(location, text + trust if text == IGNORED else text, "warning", at_key=True)
        for location, text in islice(texts.items(), MOST_PROBLEMS)
    ]
    return _checked(user, documents, data, sorted(warnings, key=lambda one: one.line))
