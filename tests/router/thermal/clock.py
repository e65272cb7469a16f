"""Time for tests of what depends on it."""

from __future__ import annotations


class Clock:
    """Seconds that stand until they are moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s
