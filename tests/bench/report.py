"""What was measured, as rows: printed as one table a section, and kept as JSON."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

COLUMNS = ("what", "median", "p95 / p99", "n", "ratio", "aim")


def percentile(samples: Sequence[float], percent: int) -> float:
    """The smallest sample that `percent` of all samples do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Aim:
    """A number to reach, in words and as limits of a row's median, tail and times; None is no limit.

    A limit is the most that there may be, with `at_least` the least.
    """

    text: str
    median: float | None = None
    tail: float | None = None
    times: float | None = None
    at_least: bool = False

    def __str__(self) -> str:
        return self.text

    def met(self, row: Row) -> bool:
        """Whether a row keeps every limit; one with nothing in it keeps none."""
        pairs = ((self.median, row.median), (self.tail, row.tail), (self.times, row.times))
        return all(self._keeps(limit, value) for limit, value in pairs if limit is not None)

    def _keeps(self, limit: float, value: float | None) -> bool:
        return value is not None and (value >= limit if self.at_least else value <= limit)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `median` is the one figure there is where nothing was sampled; None: nothing to show.

    `aim` is what is to be reached, `ratio` how this compares with what it is measured against, and `times` that as a
    number where the aim is one.
    """

    what: str
    median: float | None
    tail: float | None = None
    tail_at: int = 95
    unit: str = "ms"
    count: int = 1
    ratio: str = ""
    aim: Aim | str = ""
    times: float | None = None

    @classmethod
    def of(cls, what: str, samples: Sequence[float], tail_at: int = 95, **rest: Any) -> Row:
        """The row of some samples."""
        if not samples:
            return cls(what, None, count=0, **rest)
        middle, tail = statistics.median(samples), percentile(samples, tail_at)
        return cls(what, round(middle, 4), round(tail, 4), tail_at, count=len(samples), **rest)

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        tail = "" if self.tail is None else f"p{self.tail_at} {_number(self.tail)} {self.unit}"
        median = "nothing" if self.median is None else f"{_number(self.median)} {self.unit}"
        return self.what, median, tail, str(self.count), self.ratio, str(self.aim)

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"aim": str(self.aim)}


@dataclass(frozen=True, slots=True)
class Figures:
    """What a section found; `notes` say what a reader has to know to read the rows."""

    title: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)

    def show(self, console: Console) -> None:
        """Print the table."""
        table = Table(*COLUMNS, title=self.title, title_justify="left", title_style="bold")
        for column in table.columns[1:4]:
            column.justify = "right"
        for row in self.rows:
            table.add_row(*row.cells())
        console.print(table)
        for note in self.notes:
            console.print(f"  {note}", style="dim")
        console.print()

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"title": self.title, "rows": [row.record() for row in self.rows], "notes": self.notes}


def times_faster(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """How many times faster ours is, at the median; None where there is nothing to compare."""
    if not ours or not theirs:
        return None
    return statistics.median(theirs) / max(1e-9, statistics.median(ours))


def faster(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The same in words."""
    times = times_faster(ours, theirs)
    return "" if times is None else f"{times:.1f}x faster"


def _number(value: float) -> str:
    if value and abs(value) < 10:
        return f"{value:.2f}"
    return f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"
