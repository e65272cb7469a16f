"""The folders whose own configuration counts in full, because the user said so.

A trusted folder trusts everything below it, repositories inside it too, as VS Code's workspace trust does: who trusts
`~/work` wants no question for each of its repositories. Folders are compared by their real paths, so that a link
neither hides a folder nor lends it trust.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock
from platformdirs import user_data_path

LOCK_TIMEOUT_S = 5.0


def data_dir() -> Path:
    """The folder of what Nearline keeps for a user; NEARLINE_DATA_DIR overrides it."""
    named = os.environ.get("NEARLINE_DATA_DIR")
    return Path(named).expanduser() if named else user_data_path("nearline", appauthor=False)


def is_trusted(folder: Path) -> bool:
    """Whether the user trusted this folder or one above it; reads a file, so call it in a thread."""
    return trusting(folder) is not None


def trusting(folder: Path) -> Path | None:
    """The trusted folder by which this one is trusted: itself or the nearest one above it."""
    known = set(trusted_folders())
    real = _real(folder)
    return next((one for one in (real, *real.parents) if one in known), None)


def trusted_folders() -> tuple[Path, ...]:
    """The folders that the user named, sorted; none when the file is missing or broken."""
    try:
        names = json.loads(trusted_file().read_text(encoding="utf-8"))["trusted"]
        return tuple(sorted(Path(name) for name in names if Path(name).is_absolute()))
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def trust(folder: Path) -> None:
    """Trust a folder and everything below it. Raises OSError if that cannot be written down."""
    with _lock():
        _write({*trusted_folders(), _real(folder)})


def distrust(folder: Path) -> Path | None:
    """Take back what was said of this very folder. Returns the folder above it by which it is still trusted.

    Raises OSError if that cannot be written down.
    """
    with _lock():
        _write({*trusted_folders()} - {_real(folder)})
    return trusting(folder)


def trusted_file() -> Path:
    """The file in which they are kept."""
    return data_dir() / "trusted.json"


def _real(folder: Path) -> Path:
    return Path(os.path.normcase(folder.expanduser().resolve()))


def _lock() -> FileLock:
    """Two windows that trust a folder each at the same time both are heard. Timeout of filelock is an OSError."""
    data_dir().mkdir(mode=0o700, parents=True, exist_ok=True)
    return FileLock(trusted_file().with_suffix(".lock"), timeout=LOCK_TIMEOUT_S)


def _write(folders: Iterable[Path]) -> None:
    text = json.dumps({"trusted": sorted(str(folder) for folder in folders)}, indent=2)
    handle, name = tempfile.mkstemp(dir=data_dir(), prefix="trusted-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(trusted_file())
    finally:
        Path(name).unlink(missing_ok=True)
