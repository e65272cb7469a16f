"""Whether the very process that left something behind still runs: pids are used again."""

from __future__ import annotations

from typing import Any

import psutil

# Two processes of one machine may differ by this much in what they read as a process's start.
START_TOLERANCE_S = 1.0


def still_runs(pid: Any, started_s: Any) -> bool:
    """Whether that process lives; False for whatever a foreign file may say in the place of a number."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started_s) < START_TOLERANCE_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, TypeError, ValueError, OverflowError):
        return False
