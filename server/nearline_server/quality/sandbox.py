"""Runs programs that a model wrote a part of, in a process that can do little else.

It protects from accidents: endless loops, memory, files written or removed, processes started, connections (the
latter by the kernel too, where `unshare` gives an empty network). An audit hook of Python's own refuses those, so it
holds on every system; limits of time and memory are the kernel's, where it has them. It does not protect from code
that means harm: files can be read, and Python's hook is no wall to somebody who knows CPython. One line of a small
model that continues known code is the former.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from nearline_server.quality import guarded

# By the wall: a busy machine takes long to start an interpreter. Seconds of CPU are fewer.
TIMEOUT_S = 20.0
GUARD = Path(guarded.__file__)


def passes(program: str, timeout_s: float = TIMEOUT_S) -> bool:
    """Whether a Python program runs to its end without an exception. Blocks; for a thread."""
    with tempfile.TemporaryDirectory(prefix="nearline-run-") as empty:
        try:
            ended = subprocess.run(  # noqa: S603 (our own interpreter and script)
                # -I: no environment and no folder of the user's; -S: the standard library only.
                [*_without_network(), sys.executable, "-I", "-S", "-B", str(GUARD)],
                input=program.encode("utf-8", "surrogatepass"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=empty,
                env=_environment(),
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return ended.returncode == guarded.PASSED


def _environment() -> dict[str, str]:
    # Windows starts no interpreter without it.
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}


@cache
def _without_network() -> tuple[str, ...]:
    """The command that takes the network away, () where the system has none or does not allow it."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    command = (unshare, "--net", "--map-root-user")
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)  # noqa: S603 (the same)
    return command if tried.returncode == 0 else ()
