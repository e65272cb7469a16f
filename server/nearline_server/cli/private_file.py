"""Files that only their owner can read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO


def private_file(path: Path) -> TextIO:
    """Open a new file, or an emptied old one, for text in UTF-8 with line ends as they are given. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")
