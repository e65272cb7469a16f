"""One reason to think that a machine is hot."""

from __future__ import annotations

import math


class Signal:
    """A measured value with hysteresis: on at `enter` or above, off again at `leave` or below.

    What was measured longer than `keeps_s` ago says nothing any more. Times are seconds of the caller's clock.
    """

    def __init__(self, enter: float, leave: float, keeps_s: float) -> None:
        self.enter = enter
        self.leave = leave
        self._keeps_s = keeps_s
        self.value = math.nan
        self.lapses_s = -math.inf
        # When it came on; None while it is off.
        self.since_s: float | None = None

    def observe(self, value: float, now_s: float) -> None:
        """A new measurement."""
        if not self.is_on(now_s):
            self.since_s = now_s if value >= self.enter else None
        elif value <= self.leave:
            self.since_s = None
        self.value = value
        self.lapses_s = now_s + self._keeps_s

    def is_on(self, now_s: float) -> bool:
        """Whether it is hot by what was measured lately."""
        return self.since_s is not None and now_s < self.lapses_s
