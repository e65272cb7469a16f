"""How fast an endpoint is, learned from its own timings, and what it can do in a given time."""

from __future__ import annotations

from nearline_router.types import Usage

# Before anything was measured: what a slow laptop does with a 0.5B model.
ASSUMED_PREFILL_TOKENS_PER_S = 100.0
# A short prefill measures overhead more than speed.
WORTH_LEARNING_TOKENS = 16
# Weight of the newest measurement.
ALPHA = 0.3


class Speed:
    """An endpoint's prefill speed as a moving average."""

    def __init__(self) -> None:
        self.prefill_tokens_per_s = ASSUMED_PREFILL_TOKENS_PER_S
        self._measured = False

    def observe(self, usage: Usage) -> None:
        """Learn from one finished attempt."""
        tokens, ms = usage.evaluated_tokens, usage.prefill_ms
        if not tokens or not ms or tokens < WORTH_LEARNING_TOKENS:
            return
        newest = tokens / ms * 1000
        weight = ALPHA if self._measured else 1.0
        self.prefill_tokens_per_s += weight * (newest - self.prefill_tokens_per_s)
        self._measured = True

    def affordable_tokens(self, ms: float) -> int:
        """Prompt tokens that can be read anew in `ms`."""
        return int(self.prefill_tokens_per_s * ms / 1000)
