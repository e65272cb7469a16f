"""An event loop whose clock stands still while anything can run, and jumps to the next timer when nothing can.

A test module uses it by `from tests.virtual_time import virtual_loop  # noqa: F401` as `event_loop_policy`.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class _Selector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Waits for nothing: the time it was to wait passes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        """What is ready; without a timer there is only the world outside to wait for."""
        found = super().select(0 if timeout is not None else None)
        if not found and timeout:
            self.now_s += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def run_in_executor(self, _executor: Any, func: Any, *args: Any) -> Any:
        """At once: a thread would go by another clock."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 (as an executor does)
            future.set_exception(error)
        return future

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual.now_s

    def jump(self, seconds: float) -> None:
        """Let time pass without anybody noticing, as when a laptop sleeps."""
        self._virtual.now_s += seconds
