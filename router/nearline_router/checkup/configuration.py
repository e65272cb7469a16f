"""What a checkup says of the configuration: its files, which of them count, and what is wrong in them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from nearline_router.checkup.finding import Finding
from nearline_router.config.layers import Loaded, workspace_file
from nearline_router.config.trust import trusting

SUBJECT = "configuration"


def configuration_findings(loaded: Loaded, user: Path | None, workspace: Path) -> Iterator[Finding]:
    """What was loaded from the user's file in a workspace folder. Reads files, so call it in a thread."""
    yield Finding("right", SUBJECT, f"your file: {user}" if user else "no file of yours: the defaults")
    if file := workspace_file(workspace, user):
        yield _of_folder(file, workspace)
    for problem in loaded.problems:
        wrong = problem.severity == "error"
        yield Finding("wrong" if wrong else "doubtful", SUBJECT, str(problem))
    if loaded.broken:
        yield Finding("doubtful", SUBJECT, "until that is mended the checks below are those of a safe default")


def _of_folder(file: Path, workspace: Path) -> Finding:
    by = trusting(workspace)
    if by:
        return Finding("right", SUBJECT, f"this folder's file: {file}, in full since {by} is trusted")
    text = f"this folder's file: {file}, only where it makes things stricter, since the folder is not trusted"
    return Finding("right", SUBJECT, text, f"nearline trust {shlex.quote(str(workspace))}, if you know who wrote it")
