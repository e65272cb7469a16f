"""What many measurements come to: a moving average that follows, and a moving median that no outlier moves."""

from __future__ import annotations

import math
from collections import deque

# Weight of the newest measurement.
ALPHA = 0.3
# A thousandth of a millisecond, of a token a second or of a share is as good as none, and can be divided by; nothing
# that is measured here reaches a billion.
LEAST, MOST = 1e-3, 1e9


def plausible(value: float) -> bool:
    """Whether it can be a measurement: endpoints and files may say anything."""
    return LEAST <= value <= MOST


class Average:
    """A moving average whose first measurement replaces the assumption."""

    def __init__(self, assumed: float) -> None:
        self.value = assumed
        self.measured = False

    def observe(self, newest: float) -> None:
        """Move towards a measurement; what is no number is passed over, and what is out of bounds brought into them."""
        if not math.isnan(newest):
            bounded = min(max(newest, LEAST), MOST)
            self.value += (ALPHA if self.measured else 1.0) * (bounded - self.value)
            self.measured = True

    def restore(self, value: float) -> None:
        """Go on from a `value` of before."""
        self.value, self.measured = min(max(value, LEAST), MOST), True


class MovingMedian:
    """The median of the newest `size` measurements between `least` and `most`: outliers, as long as they are few, do
    not move it, and a change is believed as soon as most of them show it.

    What is assumed counts as `doubts` measurements at first; 0: the first one replaces it.
    """

    def __init__(self, assumed: float, size: int, doubts: int = 0, least: float = LEAST, most: float = MOST) -> None:
        self.value = assumed
        self.measured = False
        self._doubts = doubts
        self._least, self._most = least, most
        self._newest: deque[float] = deque([assumed] * doubts, maxlen=size)

    def observe(self, newest: float) -> None:
        """One more; what is no number is passed over, and what is out of bounds brought into them."""
        if not math.isnan(newest):
            self._newest.append(min(max(newest, self._least), self._most))
            self.value = sorted(self._newest)[len(self._newest) // 2]
            self.measured = True

    def restore(self, value: float) -> None:
        """Go on from a `value` of before."""
        self._newest.clear()
        for _ in range(max(1, self._doubts)):
            self.observe(value)
