"""The recorded requests under the configuration in force and under another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from nearline_router.replay.course import Course
from nearline_router.replay.fate import Fate, as_recorded
from nearline_router.replay.recorded import RecordedRequest
from nearline_router.replay.summary import Summary


@dataclass(slots=True)
class Comparison:
    """Three views of the same requests: what was measured, and what both configurations are predicted to do.

    Predictions compare with predictions; how far the one of the configuration in force is from what was measured says
    how far to trust the other. `moves` counts requests by (endpoint in force, other endpoint), "" is nobody.
    `would_stay`: seen by an endpoint that is not local, and held by the other configuration. `would_leave`: answered
    at home by the one in force, and not by the other. None that had to stay leaves under any.
    """

    recorded: Summary = field(default_factory=Summary)
    in_force: Summary = field(default_factory=Summary)
    other: Summary = field(default_factory=Summary)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    would_stay: int = 0
    would_leave: int = 0
    first_us: int | None = None
    last_us: int | None = None

    @property
    def judged(self) -> bool:
        """Whether residency was looked at: a router none of whose endpoints reaches out does not ask what must stay."""
        return self.recorded.local < self.recorded.requests

    def add(self, one: RecordedRequest, in_force: Fate, other: Fate) -> None:
        """One request and its two fates."""
        recorded = as_recorded(one)
        for summary, fate in ((self.recorded, recorded), (self.in_force, in_force), (self.other, other)):
            summary.add(fate, one.budget_us)
        if in_force.endpoint != other.endpoint:
            self.moves[in_force.endpoint, other.endpoint] += 1
        self.would_stay += recorded.left and other.stays
        self.would_leave += other.left and not in_force.left
        self.first_us = one.asked_us if self.first_us is None else self.first_us
        self.last_us = one.asked_us


def replayed(requests: Iterable[RecordedRequest], in_force: Course, other: Course) -> Comparison:
    """Decide each request, in order of time, under both."""
    comparison = Comparison()
    for one in requests:
        comparison.add(one, in_force.fate(one), other.fate(one))
    return comparison
