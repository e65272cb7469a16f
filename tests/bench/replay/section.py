"""The section `replay`: real editing of real files, completed in each way by the same engine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table as Grid

from nearline_server.replay.page import render_page
from nearline_server.replay.results import Result, Sum
from nearline_server.replay.session import Session
from nearline_server.replay.tables import tables
from nearline_server.replay.visit import visit
from nearline_server.replay.window import Window
from tests.bench.engine import Engine, started
from tests.bench.human_pace import BUDGET_MS
from tests.bench.machine import machine, one_line
from tests.bench.replay.meter import Meter, between
from tests.bench.replay.plan import SETTLE_S, Numbered, Plan, plan, strategies
from tests.bench.replay.strategies import OURS, PEERS, explained, window
from tests.bench.report import Figures

MINUTES = 8.0


@dataclass(frozen=True, slots=True)
class ReplayFigures(Figures):
    """Two tables for each comparison, and everything as one page."""

    sums: tuple[Sum, ...] = ()
    ablated: tuple[Sum, ...] = ()

    def show(self, console: Console) -> None:
        """See Figures."""
        console.print(self.title, style="bold")
        for table in tables(self.sums, self.ablated):
            grid = Grid(title=table.heading, title_justify="left")
            for number, column in enumerate(table.columns):
                grid.add_column(column, justify="right" if number else "left", overflow="fold")
            for row in table.rows:
                grid.add_row(*row)
            console.print(grid)
        for note in self.notes:
            console.print(f"  {note}", style="dim")
        console.print()

    def record(self) -> dict[str, Any]:
        """See Figures."""
        compared, ablated = ([one.record() for one in sums] for sums in (self.sums, self.ablated))
        return {"title": self.title, "notes": self.notes, "strategies": compared, "ablations": ablated}

    def page(self) -> str:
        """As HTML."""
        return render_page(self.title, self.notes, self.sums, self.ablated)


@dataclass(slots=True)
class Played:
    """What has been played, and on what."""

    results: dict[str, list[Result]] = field(default_factory=dict)
    machine: str = ""

    def sums(self, names: Sequence[str], sessions: Sequence[Session]) -> tuple[Sum, ...]:
        """Of these strategies, over these sessions alone."""
        wanted = {name_of(number, session) for number, session in enumerate(sessions)}
        return tuple(
            Sum(name, BUDGET_MS, [result for result in self.results.get(name, ()) if result.session in wanted])
            for name in names
        )


async def measure(folder: Path, minutes: float, *, tuning: bool) -> ReplayFigures:
    """The section."""
    planned, played = plan(minutes, tuning=tuning), Played()
    names = strategies()
    for strategy, sessions in planned.blocks(names):
        played.results.setdefault(strategy, []).extend(await _block(folder, strategy, sessions, played))
    ablations = [OURS, *names[1 + len(PEERS) :]]
    return ReplayFigures(
        "replay: real editing of real files, by the same engine",
        [],
        _notes(planned, played, tuning=tuning),
        played.sums(names[: 1 + len(PEERS)], planned.main),
        played.sums(ablations, planned.ablated),
    )


async def _block(folder: Path, strategy: str, sessions: Sequence[Numbered], played: Played) -> list[Result]:
    """Sessions of one strategy, on an engine of their own: what is read for one would be read for the next one, too.

    What is learned of the engine's speed is not handed on either.
    """
    root = Path(tempfile.mkdtemp(prefix="replay-", dir=folder))
    with patch.dict(os.environ, NEARLINE_STATE_DIR=str(root)):
        async with started(root) as engine, window(strategy, engine, root) as client:
            played.machine = one_line(machine(engine.params))
            return [await _play(engine, strategy, name_of(*one), one[1], client) for one in sessions]


async def _play(engine: Engine, strategy: str, name: str, session: Session, client: Window) -> Result:
    meter = Meter(engine)
    before = await meter.read()
    seen = await visit(client, session, lambda: engine.quiet(SETTLE_S))
    work = between(before, await meter.read())
    return Result(strategy, name, session.file.language, seen.tally, work, seen.request_ms)


def name_of(number: int, session: Session) -> str:
    """The same in every strategy."""
    return f"{number} {session.file.name}"


def _notes(planned: Plan, played: Played, *, tuning: bool) -> list[str]:
    files, languages = {one.file.name for one in planned.main}, {one.file.language for one in planned.main}
    return [
        played.machine,
        f"{len(planned.main)} sessions with {sum(one.keys for one in planned.main)} keys in {len(files)} "
        f"{'tuning' if tuning else 'held-out'} files of {len(languages)} languages; ablations over the first "
        f"{len(planned.ablated)} of them, with {sum(one.keys for one in planned.ablated)} keys",
        "the engine starts anew for each strategy and every eight sessions, in an order that turns around each time; "
        "its work counts from a file's opening on, what it reads in idle time and what is cancelled included",
        "accepted: at a key, ghost text of three characters or more, up to a line, if the file has exactly it next "
        "(nearline_server/replay/score.py); difference: paired bootstrap over sessions",
        *explained(),
    ]
