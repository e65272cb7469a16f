"""What a group of attempts used and cost."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from sqlite3 import Connection
from typing import Literal, get_args

Dimension = Literal["endpoint", "model", "task", "cost-centre", "repository", "language", "outcome", "day"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

SUMS = """sum(attempts), sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(unknown_tokens),
    sum(full_nano * (cost_source = 'exact')), sum(full_nano * (cost_source = 'estimated')),
    sum(full_nano * (cost_source NOT IN ('exact', 'estimated'))),
    sum(marginal_nano), sum(unpriced), sum(energy_uj), sum(busy_us), sum(wasted_nano)"""


@dataclass(frozen=True, slots=True)
class Usage:
    """Sums over attempts; money in nano-dollars.

    `input_tokens` contain the cached ones. `unknown_tokens` and `unpriced` count attempts whose tokens, or whose price,
    nobody knows: they are in no other sum. `full_nano` is the whole cost, hardware included, in three parts by how well
    it is known; `marginal_nano` what it was to run, without the hardware. Busy microseconds are those in which an
    endpoint worked. `wasted_nano` is marginal, for what was never shown.
    """

    attempts: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    unknown_tokens: int = 0
    exact_nano: int = 0
    estimated_nano: int = 0
    at_least_nano: int = 0
    marginal_nano: int = 0
    unpriced: int = 0
    energy_uj: int = 0
    busy_us: int = 0
    wasted_nano: int = 0

    @property
    def full_nano(self) -> int:
        """The whole cost, as far as it is known."""
        return self.exact_nano + self.estimated_nano + self.at_least_nano

    @property
    def at_least(self) -> bool:
        """Whether it cost more than that, or may have."""
        return bool(self.at_least_nano or self.unpriced or self.unknown_tokens)

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        """Both together."""
        return Usage(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Group:
    """The usage under one name of a dimension."""

    name: str
    usage: Usage


@dataclass(frozen=True, slots=True)
class DayUsage:
    """The usage of one day under one name of a dimension, local or not."""

    day: date
    name: str
    local: bool
    usage: Usage


def totals(connection: Connection) -> dict[bool, Usage]:
    """What is in `temp.days`: by whether it stayed local."""
    query = f"SELECT local, {SUMS} FROM temp.days GROUP BY local"  # noqa: S608 (constants)
    found = {bool(local): Usage(*sums) for local, *sums in connection.execute(query)}
    return {local: found.get(local, Usage()) for local in (True, False)}


def grouped(connection: Connection, dimension: Dimension) -> tuple[Group, ...]:
    """What is in `temp.days` by a dimension: days in their order, the rest with the dearest and the busiest first."""
    column = dimension.replace("-", "_")
    query = f"SELECT {column}, {SUMS} FROM temp.days GROUP BY 1 ORDER BY 1"  # noqa: S608 (names of a closed list)
    groups = [Group(name, Usage(*sums)) for name, *sums in connection.execute(query)]
    if dimension != "day":
        groups.sort(key=lambda group: (-group.usage.full_nano, -group.usage.attempts))
    return tuple(groups)


def by_day(connection: Connection, dimension: Dimension) -> tuple[DayUsage, ...]:
    """What is in `temp.days` by day, name in the dimension and whether it stayed local, in this order."""
    column = dimension.replace("-", "_")
    query = f"SELECT day, {column}, local, {SUMS} FROM temp.days GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"  # noqa: S608
    return tuple(
        DayUsage(date.fromisoformat(day), name, bool(local), Usage(*sums))
        for day, name, local, *sums in connection.execute(query)
    )
