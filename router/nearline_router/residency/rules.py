"""Which requests must stay with the user, and why: a filter before every choice, which nothing switches off."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from nearline_router.config.models import ResidencyConfig
from nearline_router.residency.ignore import IgnoreFiles
from nearline_router.residency.memory import SecretMemory
from nearline_router.residency.patterns import additive
from nearline_router.residency.places import Places
from nearline_router.residency.spelling import DRIVE, composed, folded, folder_path
from nearline_router.types import Infill, RoutingRequest

# A document's verdict by its path is kept for so many documents.
MOST_VERDICTS = 4096


class ResidencyRules:
    """The rules of a configuration, for one session: a reload makes new ones, which begin with no memory.

    Raises ValueError that names the pattern for a pattern that is broken.
    """

    def __init__(self, config: ResidencyConfig, ignore: IgnoreFiles) -> None:
        self._config = config
        self._ignore = ignore
        self._languages = frozenset(map(folded, config.languages))
        self._paths = _checked("paths", config.paths)
        self._workspaces = _checked("workspaces", map(_as_pattern, config.workspaces))
        self._secrets = SecretMemory() if config.secrets != "allow" else None
        self._by_place = lru_cache(MOST_VERDICTS)(self._judged_place)

    def must_stay(self, request: RoutingRequest) -> str | None:
        """Why a request may go to local endpoints only, as a sentence for a person; None: nothing holds it.

        Pure but for its memory: a document in which a secret was found stays for the session. It takes some
        microseconds for texts it has seen, and `find_secret`'s time for new ones.
        """
        if self._config.everything:
            return "everything stays"
        if request.requires_data_sovereignty:
            return "it is said to need data sovereignty"
        prompt = request.prompt if isinstance(request.prompt, Infill) else None
        for language in (request.language, prompt.language if prompt else None):
            if language and folded(language) in self._languages:
                return f"language {language} stays"
        paths = tuple(path for path in (request.path, prompt.path if prompt else None) if path)
        if reason := self._by_place(request.workspace, paths, self._ignore.version):
            return reason
        # Code around a cursor cannot be redacted: another length of it would be another place.
        searched = self._secrets is not None and (self._config.secrets != "redact" or prompt is not None)
        if self._secrets and searched and (reason := self._secrets.reason(request, paths)):
            return reason
        return self._judged_context(prompt, request.workspace) if prompt else None

    def _judged_context(self, prompt: Infill, workspace: str | None) -> str | None:
        """Each piece of another file by itself: a secret in it says nothing about the file that it goes with."""
        for one in prompt.context:
            alone = Infill(one.text, "", "", one.path, one.language)
            if reason := self.must_stay(RoutingRequest(alone, 0, workspace=workspace)):
                return f"a file that goes with it: {reason}"
        return None

    def _judged_place(self, workspace: str | None, paths: tuple[str, ...], _version: object) -> str | None:
        if reason := self._judged_workspace(workspace):
            return reason
        for path in paths:
            if reason := self._judged_path(workspace, path):
                return reason
        return None

    def _judged_workspace(self, workspace: str | None) -> str | None:
        if workspace is None:
            return None
        read = self._ignore.of(workspace)
        folders = (folder_path(workspace), *(read.folders if read else ()))
        # A pattern may name what is in a folder and not the folder: any document in it will do.
        if any(_which(self._workspaces, f"{folder}/document") for folder in folders):
            return "this workspace stays"
        if read is None:
            return f"{self._ignore.file_name} of this workspace has not been read yet"
        return read.problem

    def _judged_path(self, workspace: str | None, path: str) -> str | None:
        places = Places.of(path, workspace, self._ignore)
        if places is None:
            return "its path cannot be judged"
        for name in places.names:
            if number := _which(self._paths, name):
                return f"its path matches {self._config.paths[number - 1]}"
        if any(_which(self._workspaces, place) for place in places.absolute):
            return "this workspace stays"
        if any(read.problem or read.names(name) for read, name in places.inside):
            return f"{self._ignore.file_name} of this workspace names it"
        return None


Both = tuple[GitIgnoreSpec, GitIgnoreSpec]


def _which(patterns: Both, path: str) -> int:
    """The number, from 1, of a pattern that names a path as it is written or if case is ignored; 0: none does."""
    exact, caseless = patterns
    for spec, spelled in ((exact, path), (caseless, folded(path))):
        index = spec.check_file(spelled.lstrip("/"), separators=()).index
        if index is not None:
            return index + 1
    return 0


def _checked(key: str, patterns: Iterable[str]) -> Both:
    lines = [composed(pattern) for pattern in patterns]
    try:
        return additive(lines), additive(map(folded, lines))
    except ValueError as error:
        raise ValueError(f"residency.{key}: {error}") from error


def _as_pattern(folder: str) -> str:
    """A folder as people write it, as a pattern over absolute paths."""
    if folder.startswith("~"):
        folder = str(Path(folder).expanduser())
    return folder_path(folder) if Path(folder).is_absolute() or "\\" in folder or DRIVE.match(folder) else folder
