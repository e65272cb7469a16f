"""What many fates come to."""

from __future__ import annotations

from array import array
from collections import Counter

from nearline_router.replay.fate import Fate


class Summary:
    """Sums over requests. Costs are nano-dollars of those whose price is known; `unpriced` counts the others.

    `refused`: nobody may answer. `overflow`: left because no local endpoint was predicted to begin in time. `late`:
    not begun in time, of `timed` with a deadline whose time to the first content is known.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.local = 0
        self.refused = 0
        self.overflow = 0
        self.timed = 0
        self.late = 0
        self.unpriced = 0
        self.marginal_nano = 0
        self.full_nano = 0
        self.endpoints: Counter[str] = Counter()
        self._ttft_ms = array("d")

    def add(self, fate: Fate, budget_us: int | None) -> None:
        """One more."""
        self.requests += 1
        self.overflow += fate.overflow
        if not fate.endpoint:
            self.refused += 1
            return
        self.local += not fate.left
        self.endpoints[fate.endpoint] += 1
        self.unpriced += fate.marginal_nano is None
        self.marginal_nano += fate.marginal_nano or 0
        self.full_nano += fate.full_nano or 0
        if fate.ttft_ms is not None:
            self._ttft_ms.append(fate.ttft_ms)
            if budget_us is not None:
                self.timed += 1
                self.late += fate.ttft_ms > budget_us / 1000

    @property
    def local_share(self) -> float | None:
        """Of the requests that are answered; None without any."""
        answered = self.requests - self.refused
        return self.local / answered if answered else None

    def ttft_ms(self, share: float) -> float | None:
        """The time to the first content that this share of the requests does not exceed (nearest rank)."""
        if not self._ttft_ms:
            return None
        ordered = sorted(self._ttft_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
