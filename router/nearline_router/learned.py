"""What was learned of each endpoint and model, kept over restarts in one small file.

Several processes write it; the last one wins for an endpoint, and nothing in it is more than a good first guess.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs


def state_dir() -> Path:
    """Where state is kept: NEARLINE_STATE_DIR, else the user's state folder."""
    given = os.environ.get("NEARLINE_STATE_DIR")
    return Path(given) if given else platformdirs.user_state_path("nearline", appauthor=False)


class LearnedStore:
    """`learned.json`: plain values by "endpoint model". A file that cannot be read or written is as if empty."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_dir() / "learned.json"

    def load(self) -> dict[str, dict[str, Any]]:
        """Everything that is known."""
        try:
            data = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        entries = data.items() if isinstance(data, dict) else ()
        return {name: entry for name, entry in entries if isinstance(entry, dict)}

    def save(self, newer: Mapping[str, Mapping[str, Any]]) -> None:
        """Put these over what is there, in one step."""
        together = self.load() | {name: dict(entry) for name, entry in newer.items()}
        beside = self._path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(together))
            beside.replace(self._path)
        except OSError:
            with suppress(OSError):  # of a folder that cannot be written, not even that
                beside.unlink(missing_ok=True)
