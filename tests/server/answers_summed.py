"""What a window says of its newest answers, summed up."""

from __future__ import annotations

from typing import Any


def spread(ms: float) -> dict[str, float]:
    """Some that took about so long."""
    return {"mean": ms, "p50": ms, "p95": 2 * ms, "max": 3 * ms}


SUMMARY: dict[str, Any] = {
    "answers": 9, "counted": 8, "in_time": 7, "cut": 0, "misses": {"queue": 1}, "missed_prompt_tokens": None,
    "edit_ms": spread(2.0),
    "found": {
        "cache": {"answers": 5, "total_ms": spread(0.4), "stages_ms": {"read": spread(0.2), "other": spread(0.2)}},
        "model": {"answers": 4, "total_ms": spread(60), "stages_ms": {"prompt": spread(40), "other": spread(0.1)}},
    },
}  # fmt: skip
