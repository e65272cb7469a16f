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
class Row:
    """One line of a table. `median` is the one figure there is where nothing was sampled; None: nothing to show.

    `aim` is what the design wants to reach, `ratio` how this compares with what it is measured against.
    """

    what: str
    median: float | None
    tail: float | None = None
    tail_at: int = 95
    unit: str = "ms"
    count: int = 1
    ratio: str = ""
    aim: str = ""

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
        return self.what, median, tail, str(self.count), self.ratio, self.aim


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
        return asdict(self)


def faster(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """How many times faster ours is, at the median."""
    if not ours or not theirs:
        return ""
    return f"{statistics.median(theirs) / max(1e-9, statistics.median(ours)):.1f}x faster"


def _number(value: float) -> str:
    if value and abs(value) < 10:
        return f"{value:.2f}"
    return f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"
