"""An engine that keeps no prompt beside the one in its slot. As a program: the product's host without its cache."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from nearline_router.engine import host, supervisor


def uncached() -> AbstractContextManager[Any]:
    """Engines that this process starts meanwhile are such."""
    return patch.object(supervisor, "_spawn", _spawn)


def _spawn(stderr: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", __file__]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True
    )


if __name__ == "__main__":
    host.PROMPT_CACHE_MIB = 0
    host.main()
