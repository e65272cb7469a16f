"""Who waits for whom: the slots of one endpoint, filled as requests come."""

from __future__ import annotations

import heapq


class Slots:
    """The times (s) at which each of an endpoint's slots is free. Requests come in order of time."""

    def __init__(self, count: int) -> None:
        self._free_s = [0.0] * count

    def wait_ms(self, now_s: float) -> float:
        """How long a request that comes now waits for a slot."""
        return max(0.0, self._free_s[0] - now_s) * 1000

    def take(self, until_s: float) -> None:
        """A request has come that leaves the first free slot then, or left the queue before it had one."""
        heapq.heapreplace(self._free_s, max(self._free_s[0], until_s))
