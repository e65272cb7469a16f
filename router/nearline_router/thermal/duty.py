"""The duty cycle of an overheated endpoint that no other may stand in for: it rests after work.

Typing never waits: an answer that comes after its keystroke is worth nothing, and its work is the shortest. An
action was asked for by a person who sees it run, so it waits a moment at most. Work that nobody asked for waits
as long as the chip needs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from nearline_router.types import Priority

# Work to rest is 1 to 2: a third of the time a chip does not throttle at is left to background work.
REST_SHARE = 2.0
# Beyond a second people notice that they wait (Nielsen, Usability Engineering, 1993, chapter 5).
LONGEST_ACTION_REST_MS = 1000.0


def rest_ms(priority: Priority, work_ms: float) -> float:
    """How long a request of this class rests after `work_ms` of work at the endpoint, whoever asked for that work."""
    if priority is Priority.TYPING:
        return 0.0
    rest = REST_SHARE * work_ms
    return min(rest, LONGEST_ACTION_REST_MS) if priority is Priority.ACTION else rest


class DutyCycle:
    """What one endpoint has worked, and so how long who comes now has to wait. Only asked while it is overheated."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rested_s = dict.fromkeys(Priority, -math.inf)

    def worked(self, work_ms: float) -> None:
        """Work of any class has ended just now and took so long."""
        now_s = self._clock()
        for priority in Priority:
            rested_s = now_s + rest_ms(priority, work_ms) / 1000
            self._rested_s[priority] = max(self._rested_s[priority], rested_s)

    def wait_ms(self, priority: Priority) -> float:
        """How much of the rest is left for a request of this class."""
        return max(0.0, self._rested_s[priority] - self._clock()) * 1000
