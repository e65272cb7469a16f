"""What became of a decision: who was asked, who answered, and how long it really took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nearline_router.policy.decision import Decision
from nearline_router.types import Chunk


@dataclass(slots=True)
class Trace:
    """One request's way. `asked` are endpoints in the order they were asked; times are ms since the decision."""

    decision: Decision
    task: str
    asked: list[str] = field(default_factory=list)
    ttft_ms: float | None = None
    total_ms: float | None = None
    error: str = ""
    clock: Callable[[], float] = time.monotonic
    started_s: float = 0.0

    def __post_init__(self) -> None:
        """The clock starts with the decision."""
        self.started_s = self.clock()

    def saw(self, chunk: Chunk) -> None:
        """Take down what a chunk shows."""
        if chunk.endpoint:
            self.asked.append(chunk.endpoint)
        if chunk.text and self.ttft_ms is None:
            self.ttft_ms = self._ms()

    def ended(self, error: str = "") -> None:
        """It is over."""
        self.total_ms, self.error = self._ms(), error

    def record(self) -> dict[str, Any]:
        """Plain values for JSON, without any text of the request."""
        names = ("task", "asked", "ttft_ms", "total_ms", "error")
        return {name: getattr(self, name) for name in names} | {"decision": self.decision.record()}

    def _ms(self) -> float:
        return (self.clock() - self.started_s) * 1000
