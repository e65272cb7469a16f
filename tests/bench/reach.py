"""The design's numbers, each with what this run reached; they are said and printed, and no test asserts one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import decision, human_pace, keystroke, overhead, own_share, start, type_through, warm
from tests.bench.editors import strokes
from tests.bench.report import Aim, Figures, Row

COLUMNS = ("number", "aim", "reached", "ratio", "")
LOST_ROWS_AIM = Aim("0", median=0)


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the design: what has its `aim` in these sections is what was reached.

    `command` gives it where no section of the bench does.
    """

    what: str
    aim: Aim
    sections: tuple[str, ...] = ()
    command: str = ""

    def reached(self, sections: Mapping[str, Figures]) -> list[Row]:
        """The rows of this run."""
        rows = (row for name in self.sections if name in sections for row in sections[name].rows)
        return [row for row in rows if row.aim is self.aim]

    @property
    def how(self) -> str:
        """What to run for it."""
        return self.command or f'make bench ARGS="--only {self.sections[0]}"'

    def record(self, sections: Mapping[str, Figures]) -> dict[str, Any]:
        """For JSON; `met` is None where this run says nothing."""
        rows = self.reached(sections)
        found = [row.record() | {"met": self.aim.met(row)} for row in rows]
        met = all(self.aim.met(row) for row in rows) if rows else None
        return {"what": self.what, "aim": str(self.aim), "met": met, "reached": found, "command": self.how}

    def cells(self, sections: Mapping[str, Figures]) -> Iterator[tuple[str, ...]]:
        """A line for each row that was reached, or one that says how to get it."""
        rows = self.reached(sections)
        for number, row in enumerate(rows):
            what = self.what if number == 0 else ""
            _, median, tail, count, ratio, aim = row.cells()
            reached = f"{row.what.strip()}: {median}{', ' if tail else ''}{tail} (n {count})"
            yield what, aim, reached, ratio, "met" if self.aim.met(row) else "not met"
        if not rows:
            yield self.what, str(self.aim), "", "", f"not in this run: {self.how}"


NUMBERS = (
    Number("server time, keystroke to answer, warm, p50 / p95", keystroke.ANSWER_AIM, ("keystroke", "human-pace")),
    Number("against stock /infill, same server, model and keystrokes, p50", keystroke.FASTER_AIM, ("keystroke",)),
    Number("keys at which ghost text stands before the next, human pace", human_pace.STANDING_AIM, ("human-pace",)),
    Number("key pressed to ghost text, Neovim", strokes.AIMS[strokes.NEOVIM], command="make bench-editors"),
    Number("key pressed to ghost text, VS Code", strokes.AIMS[strokes.VS_CODE], command="make bench-editors"),
    Number("type-through answer", type_through.AIM, ("type-through",)),
    Number("Nearline's own share of a request, p50 / p99", own_share.AIM, ("own-share",)),
    Number("routing decision, p50 / p99", decision.AIM, ("decision",)),
    Number("router overhead to first byte over a bare client, p50 / p99", overhead.AIM, ("overhead", "ttft")),
    Number("80 ms of RTT and TLS, warm against cold", warm.AIM, ("warm",)),
    Number("initialize answered, against a bare pygls server", start.START_AIM, ("start",)),
    Number("memory of the language server, one window", start.MEMORY_AIM, ("start",)),
    Number("ledger rows lost, kill -9 included", LOST_ROWS_AIM, command="make test ARGS=tests/faults/test_ledger.py"),
    Number("stale ghost text over all replays", human_pace.STALE_AIM, ("replay", "human-pace", "soak")),
)  # fmt: skip


def show(console: Console, sections: Mapping[str, Figures]) -> None:
    """Print the closing table."""
    table = Table(*COLUMNS, title="numbers to reach", title_justify="left", title_style="bold")
    for number in NUMBERS:
        for cells in number.cells(sections):
            table.add_row(*cells)
    console.print(table)


def record(sections: Mapping[str, Figures]) -> list[dict[str, Any]]:
    """For JSON."""
    return [number.record(sections) for number in NUMBERS]
