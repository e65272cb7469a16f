"""The configuration files of one editor window: read, watched, their mistakes shown where they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types

from nearline_router.config.layers import Loaded, files, layered_over
from nearline_router.config.problem import ConfigProblem
from nearline_router.config.trust import is_trusted, trusted_file
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.positions import Encoding, units_of

SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}


@dataclass(frozen=True, slots=True)
class Files:
    """Where this window's configuration is: the user's own file, or None, and the folders that are open."""

    user: Path | None
    folders: tuple[Path, ...]

    def load(self) -> Loaded:
        """Read them; for a thread."""
        return layered_over(self.user, self.folders, is_trusted)

    @property
    def watched(self) -> tuple[Path, ...]:
        """Whatever changes the configuration when it changes."""
        return (*files(self.user, self.folders), trusted_file())


def diagnostics(problems: Iterable[ConfigProblem], encoding: Encoding) -> dict[str, list[types.Diagnostic]]:
    """Problems by the URI of their file; reads the files' lines, so call it in a thread."""
    found: dict[str, list[types.Diagnostic]] = {}
    for problem in problems:
        found.setdefault(problem.path.absolute().as_uri(), []).append(_diagnostic(problem, encoding))
    return found


def _diagnostic(problem: ConfigProblem, encoding: Encoding) -> types.Diagnostic:
    line, start, end = problem.zero_based
    text = _line(problem.path, line)
    return types.Diagnostic(
        range=types.Range(
            types.Position(line, units_of(text, min(start, len(text)), encoding)),
            types.Position(line, units_of(text, min(max(start, end), len(text)), encoding)),
        ),
        message=": ".join(part for part in (problem.location, problem.message) if part),
        severity=SEVERITIES[problem.severity],
        source="nearline",
    )


def _line(path: Path, number: int) -> str:
    try:
        return Buffer(path.read_text(encoding="utf-8", errors="replace")).line(number)
    except OSError:
        return ""
