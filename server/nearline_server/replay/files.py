"""What a replay edits: real source files, split for good into those to tune on and those held out."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nearline_server.documents.languages import LANGUAGES, language_of

# Shorter files have no room for holes; longer ones are data more often than code.
LEAST_CHARS, MOST_CHARS = 1_500, 60_000
# Nobody's code is looked through for minutes before the first key.
MOST_LISTED = 5_000
# Text, but no code.
PROSE = frozenset({"markdown", "plaintext", "json", "yaml", "toml"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file by the name that it has in its workspace."""

    name: str
    language: str
    text: str = field(repr=False)


def held_out(name: str) -> bool:
    """Whether nobody tunes on the file of this name: by the first byte of its SHA-256, which is odd for half of all.

    The name is the path from the package's folder on, with `/`, so that the split is the same on every machine.
    """
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 1


def read_source(path: Path, name: str, language: str) -> SourceFile | None:
    """The file; None for one that is too short or too long, cannot be read, or has other line ends than `\\n`."""
    try:
        # The size first: a device or a database would be read for ever.
        if not path.is_file() or not LEAST_CHARS <= path.stat().st_size <= MOST_CHARS * 4:
            return None
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    fits = LEAST_CHARS <= len(text) <= MOST_CHARS and "\r" not in text and "\0" not in text
    return SourceFile(name, language, text) if fits else None


def chosen_files(paths: Iterable[Path], root: Path, seed: int, most: int) -> list[SourceFile]:
    """At most `most` files of code among these files and below these folders, chosen by the seed.

    They are named from the folder `root` on, those outside of it by their whole path.
    """
    listed = sorted({one for path in paths for one in ([path] if path.is_file() else _in(path))})
    random.Random(seed).shuffle(listed)  # noqa: S311 (a replay, not a secret)
    found: list[SourceFile] = []
    for path in listed:
        name = path.relative_to(root) if path.is_relative_to(root) else path
        source = read_source(path, name.as_posix(), language_of(path.name))
        if source:
            found.append(source)
        if len(found) == most:
            break
    return found


def _in(folder: Path) -> Sequence[Path]:
    """Files of code below a folder; not in hidden folders, and not in those that a package manager fills."""
    wanted: list[Path] = []
    for suffix in (suffix for suffix, language in LANGUAGES.items() if language not in PROSE):
        for path in sorted(folder.rglob(f"*{suffix}")):
            parts = path.relative_to(folder).parts
            if not any(part.startswith(".") or part == "node_modules" for part in parts):
                wanted.append(path)
            if len(wanted) == MOST_LISTED:
                return wanted
    return wanted
