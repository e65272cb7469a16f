"""Nobody's engine computes but our own, for as long as something is measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from filelock import FileLock, Timeout

from nearline_router.engine.state import end_engine, runtime_dir
from nearline_router.errors import EngineError

LOCK_TIMEOUT_S = 5.0


@contextmanager
def alone() -> Iterator[None]:
    """End the user's engines, and keep windows from starting one: they wait, and start it afterwards. Blocks.

    Raises EngineError if one is being started right now.
    """
    folders = (runtime_dir(), *sorted(runtime_dir().glob("engine-*/")))
    with ExitStack() as locks:
        for folder in folders:
            try:
                # The supervisor's own: who waits there waits quietly, where others would start processes in vain.
                locks.enter_context(FileLock(folder / "start.lock", timeout=LOCK_TIMEOUT_S))
            except Timeout:
                raise EngineError("an engine is being started right now; try again in a minute") from None
            end_engine(folder)
        yield
