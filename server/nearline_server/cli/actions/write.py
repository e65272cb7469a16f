"""Writing files so that nobody's work is lost: whole or not at all, and never over what was not read."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import click


def overwrite(path: Path, before: bytes, after: bytes) -> None:
    """Write a file that has not changed since it was `before`, in one step, with the mode it has.

    Raises ClickException, and has then written nothing, if it has changed or cannot be written.
    """
    try:
        _overwrite(path, before, after)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}; nothing was written") from error


def _overwrite(path: Path, before: bytes, after: bytes) -> None:
    if not os.access(path, os.W_OK):  # replacing it would ask for no permission of the file's own
        raise click.ClickException(f"{path} is read-only; nothing was written")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".nearline-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, name)
        if path.read_bytes() != before:
            raise click.ClickException(f"{path} has changed since it was read; nothing was written")
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def create(path: Path, workspace: Path, text: str) -> None:
    """Make a file that is not there yet, and its folders. Raises ClickException if it is there or cannot be made."""
    if not path.resolve().is_relative_to(workspace.resolve()):
        raise click.ClickException(f"{path} is outside of {workspace}; nothing was written")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(text.encode("utf-8", "replace"))
    except FileExistsError as error:
        raise click.ClickException(f"{path} is there already; nothing was written") from error
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
