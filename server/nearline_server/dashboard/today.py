"""What the ledger has of today and of the last minutes. A day is one in UTC, as everywhere in the ledger."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field

from nearline_server.dashboard.stages import Parts, Row, attempts, parts_of

DAY_US = 86_400_000_000
RECENT_US = 15 * 60 * 1_000_000
MOST_ATTEMPTS = 10
MOST_EVENTS = 10
# So many of the day's newest attempts are looked at for where their time went: it is done again after each commit.
MOST_STAGED = 5000

SPENT = """
SELECT endpoint, max(local), count(*), coalesce(sum(marginal_nano), 0), coalesce(sum(full_nano), 0),
       sum(marginal_nano IS NULL AND closed_us IS NOT NULL)
FROM attempts WHERE opened_us >= ? GROUP BY endpoint ORDER BY endpoint
"""
LATENCIES = """
SELECT endpoint, ttft_us FROM attempts
WHERE opened_us >= ? AND ttft_us IS NOT NULL AND warm_up = 0 ORDER BY opened_us
"""
STAGES = f"""
SELECT endpoint, coalesce(queued_us, 0), prefill_us, ttft_us, total_us FROM attempts
WHERE opened_us >= ? AND total_us IS NOT NULL AND warm_up = 0 ORDER BY opened_us DESC LIMIT {MOST_STAGED}
"""  # noqa: S608 (a constant of ours)
ATTEMPTS = f"""
SELECT opened_us, client, task, endpoint, local, rule, outcome, error, coalesce(queued_us, 0), prefill_us, ttft_us,
       total_us, marginal_nano
FROM attempts WHERE opened_us >= ? AND warm_up = 0 ORDER BY opened_us DESC LIMIT {MOST_ATTEMPTS}
"""  # noqa: S608 (a constant of ours)
EVENTS = f"""
SELECT at_us, endpoint, kind, state, reason FROM events WHERE at_us >= ? ORDER BY at_us DESC LIMIT {MOST_EVENTS}
"""  # noqa: S608 (a constant of ours)


@dataclass(frozen=True, slots=True)
class Spent:
    """Attempts at an endpoint and what they cost, in nano-dollars; `unpriced` of them at a price nobody knows."""

    endpoint: str
    local: bool
    attempts: int
    marginal_nano: int
    full_nano: int
    unpriced: int


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt. Times are microseconds; `prefill_us`, `ttft_us` and `total_us` count from leaving the queue."""

    opened_us: int
    client: str
    task: str
    endpoint: str
    local: int
    rule: str
    outcome: str
    error: str
    queued_us: int
    prefill_us: int | None
    ttft_us: int | None
    total_us: int | None
    marginal_nano: int | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """A change of a breaker or of heat."""

    at_us: int
    endpoint: str
    kind: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Today:
    """Everything; the newest attempt and event first. `latencies_us` are the times to the first content of the last 15
    minutes by endpoint, the oldest first. `stages` are where the time of the newest `MOST_STAGED` attempts went, by
    endpoint. `trouble`: why the ledger cannot be read, "" if it can.
    """

    spent: tuple[Spent, ...] = ()
    latencies_us: dict[str, list[int]] = field(default_factory=dict)
    stages: tuple[Row, ...] = ()
    attempts: tuple[AttemptRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    trouble: str = ""


def today(connection: sqlite3.Connection, now_us: int) -> Today:
    """What there is since midnight. Raises sqlite3.Error."""
    since_us = now_us - now_us % DAY_US
    latencies_us: dict[str, list[int]] = defaultdict(list)
    for endpoint, ttft_us in connection.execute(LATENCIES, (now_us - RECENT_US,)):
        latencies_us[endpoint].append(ttft_us)
    return Today(
        tuple(Spent(name, bool(local), *sums) for name, local, *sums in connection.execute(SPENT, (since_us,))),
        dict(latencies_us),
        _stages(connection, since_us),
        tuple(AttemptRow(*row) for row in connection.execute(ATTEMPTS, (since_us,))),
        tuple(EventRow(*row) for row in connection.execute(EVENTS, (since_us,))),
    )


def _stages(connection: sqlite3.Connection, since_us: int) -> tuple[Row, ...]:
    parts: dict[str, list[Parts]] = defaultdict(list)
    for endpoint, *times_us in connection.execute(STAGES, (since_us,)):
        parts[endpoint].append(parts_of(*times_us))
    return tuple(attempts(endpoint, parts[endpoint]) for endpoint in sorted(parts))
