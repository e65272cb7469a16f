"""Which attempt a billed request is: the same model, at the same time."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from nearline_router.reconcile.export import Billed
from nearline_router.reconcile.model_names import model_key
from nearline_router.reconcile.recorded import Recorded

# A provider notes a request when it begins or when it ends, by a clock of its own.
TOLERANCE_US = 30_000_000
# The longest that an attempt is expected to take: what began before cannot be the request.
LONGEST_US = 600_000_000

Pair = tuple[Billed | None, Recorded | None]


def pairs(rows: Sequence[Billed], attempts: Sequence[Recorded]) -> list[Pair]:
    """Each billed request with its attempt, and what is left of both sides alone. Both are in order of time.

    Of several attempts in reach that no other request has taken, the one with the closest token counts is it.
    """
    by_model: dict[tuple[str, ...], list[Recorded]] = defaultdict(list)
    for attempt in attempts:
        by_model[model_key(attempt.model)].append(attempt)
    taken: set[int] = set()
    found: list[Pair] = []
    for row in rows:
        free = [one for one in _in_reach(by_model[model_key(row.model)], row) if id(one) not in taken]
        best = min(free, key=lambda one: _distance(row, one), default=None)
        taken.add(id(best))
        found.append((row, best))
    return found + [(None, attempt) for attempt in attempts if id(attempt) not in taken]


def _in_reach(attempts: list[Recorded], row: Billed) -> list[Recorded]:
    at_us = int(row.at.timestamp() * 1_000_000)
    begin = bisect_left(attempts, at_us - LONGEST_US - TOLERANCE_US, key=lambda one: one.opened_us)
    end = bisect_left(attempts, at_us + TOLERANCE_US + 1, key=lambda one: one.opened_us)
    return [one for one in attempts[begin:end] if one.closed_us + TOLERANCE_US >= at_us]


def _distance(row: Billed, attempt: Recorded) -> tuple[int, int]:
    told = zip(row.amounts[1:3], attempt.amounts[1:3], strict=True)
    tokens = sum(abs((one or 0) - (two or 0)) for one, two in told)
    return tokens, abs(int(row.at.timestamp() * 1_000_000) - attempt.opened_us)
