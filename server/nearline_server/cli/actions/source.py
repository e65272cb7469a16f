"""A file that a command works on, and the place in it that was named on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import click

from nearline_router.config.layers import WORKSPACE_FILES
from nearline_router.residency.ignore import IGNORE_FILE

REPOSITORIES = (".git", ".hg", ".jj")
OWN_FILES = (*WORKSPACE_FILES, IGNORE_FILE)
PLACE = re.compile(r"(.+?)(?::(\d+)(?:-(\d+))?)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was read. `text` has its line ends, and each byte that is not UTF-8 as a surrogate."""

    path: Path
    data: bytes
    text: str

    @classmethod
    def read(cls, path: Path) -> Source:
        """Raises ClickException if it cannot be read or is no text."""
        try:
            real = path.resolve(strict=True)
            data = real.read_bytes()
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror}") from error
        if b"\0" in data:
            raise click.ClickException(f"{path} is not a text file")
        return cls(real, data, data.decode("utf-8", "surrogateescape"))

    @property
    def workspace(self) -> Path:
        """The folder whose rules count for the file: its repository, else the nearest one with a file of ours.

        Where there is neither it is the file's own folder: its rules are looked for in everything below it.
        """
        for names in (REPOSITORIES, OWN_FILES):
            for folder in self.path.parents:
                if any((folder / name).exists() for name in names):
                    return folder
        return self.path.parent


def encoded(text: str) -> bytes:
    """The bytes of a text that was read by `Source.read`, those that are not UTF-8 as they were."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Lines:
    """FILE[:LINE[-LINE]]: the lines count from 1, and are None where none was named."""

    path: Path
    first: int | None = None
    last: int | None = None

    @classmethod
    def named(cls, where: str) -> Lines:
        """What was meant; a file that is called like a file with a line is that file."""
        match = PLACE.fullmatch(where)
        if not match or Path(where).exists():
            return cls(Path(where))
        path, first, last = match.groups()
        return cls(Path(path), int(first) if first else None, int(last) if last else None)
