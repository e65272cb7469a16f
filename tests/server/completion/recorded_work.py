"""A request at an endpoint as it is known at its end, and answers with all their times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nearline_router.types import Usage
from nearline_server.completion.stages import Times


@dataclass
class RecordedWork:
    """Began at perf_counter 0 unless it says another time; by default it went as it does with a warm key."""

    started_s: float = 0.0
    ended_s: float | None = 0.1
    queued_ms: float | None = 5.0
    first_text_ms: float | None = 60.0
    usage: Usage | None = None


def read(tokens: int, prefill_ms: float) -> Usage:
    """What an endpoint says of a prompt that it has read."""
    return Usage(evaluated_tokens=tokens, prefill_ms=prefill_ms)


def times(total_ms: float, **changes: Any) -> Times:
    """An answer that took so long and was sent at once; it arrived at perf_counter 0."""
    end_s = total_ms / 1000
    found = {"arrived_s": 0.0, "answered_s": end_s, "replied_s": end_s, "sent_s": end_s}
    return Times(**(found | changes))
