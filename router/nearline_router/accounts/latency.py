"""Percentiles of the time to the first content, from histograms."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Connection

from nearline_router.accounts.sums import STEP


@dataclass(frozen=True, slots=True)
class Latency:
    """Microseconds to the first content, right to 2.5 %; warm-ups are not counted."""

    count: int
    p50_us: int
    p95_us: int
    p99_us: int


def latency(buckets: Mapping[int, int]) -> Latency:
    """Percentiles of a histogram that is not empty: bucket n holds what is between 1.05^n and 1.05^(n+1) us."""
    return Latency(sum(buckets.values()), *(_percentile(buckets, percent) for percent in (50, 95, 99)))


def latencies(connection: Connection) -> dict[tuple[str, str], Latency]:
    """What is in `temp.day_latencies`, by endpoint and task."""
    return _by(connection, "endpoint, task")


def latencies_by_day(connection: Connection, task: str) -> dict[str, Latency]:
    """What is in `temp.day_latencies` of one task, by day."""
    return {day: found for (day, of), found in _by(connection, "day, task").items() if of == task}


def _by(connection: Connection, columns: str) -> dict[tuple[str, str], Latency]:
    histograms: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    query = f"SELECT {columns}, bucket, sum(count) FROM temp.day_latencies GROUP BY 1, 2, 3 ORDER BY 1, 2"  # noqa: S608
    for one, other, bucket, count in connection.execute(query):
        histograms[one, other][bucket] = count
    return {key: latency(buckets) for key, buckets in histograms.items()}


def _percentile(buckets: Mapping[int, int], percent: int) -> int:
    """The middle of the bucket in which the smallest value lies that so many percent of all do not exceed."""
    left = -(-sum(buckets.values()) * percent // 100)
    for bucket in sorted(buckets):
        left -= buckets[bucket]
        if left <= 0:
            break
    return round(math.pow(STEP, bucket + 0.5))
