"""The section `replay`: real editing of real files, completed in each way by the same engine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from lsprotocol import types
from rich.console import Console
from rich.table import Table as Grid

from nearline_server.replay.page import render_page
from nearline_server.replay.results import Result, Sum
from nearline_server.replay.session import Session
from nearline_server.replay.tables import tables
from nearline_server.replay.visit import LOOK_S, visit
from nearline_server.replay.window import Window
from tests.bench import own_share
from tests.bench.engine import Engine
from tests.bench.human_pace import BUDGET_MS, STALE_AIM
from tests.bench.machine import machine, one_line
from tests.bench.projection import Asked, Projection
from tests.bench.replay.asked import ASKED
from tests.bench.replay.llama_vim import LlamaVimWindow
from tests.bench.replay.meter import Meter, between
from tests.bench.replay.plan import SETTLE_S, Numbered, Plan, plan, strategies
from tests.bench.replay.strategies import LLAMA_VIM, OURS, PEERS, engine, explained, window
from tests.bench.report import Figures, Row

MINUTES = 8.0


@dataclass(frozen=True, slots=True)
class ReplayFigures(Figures):
    """Two tables for each comparison, what other machines would take, and everything as one page."""

    sums: tuple[Sum, ...] = ()
    ablated: tuple[Sum, ...] = ()
    projection: Projection = field(default_factory=Projection)

    def show(self, console: Console) -> None:
        """See Figures."""
        console.print(self.title, style="bold")
        for table in (*tables(self.sums, self.ablated), self.projection.table()):
            grid = Grid(title=table.heading, title_justify="left")
            for number, column in enumerate(table.columns):
                grid.add_column(column, justify="left" if number < table.texts else "right", overflow="fold")
            for row in table.rows:
                grid.add_row(*row)
            console.print(grid)
        console.print(f"  {self.projection.table().note}", style="dim")
        for note in self.notes:
            console.print(f"  {note}", style="dim")
        console.print()

    def record(self) -> dict[str, Any]:
        """See Figures."""
        compared, ablated = ([one.record() for one in sums] for sums in (self.sums, self.ablated))
        projected = self.projection.record()
        written = {"title": self.title, "notes": self.notes, "strategies": compared, "ablations": ablated}
        return written | {"projection": projected}

    def page(self) -> str:
        """As HTML."""
        return render_page(self.title, self.notes, self.sums, self.ablated, [self.projection.table()])


@dataclass(slots=True)
class Played:
    """What has been played, and on what."""

    results: dict[str, list[Result]] = field(default_factory=dict)
    asked: dict[str, list[Asked]] = field(default_factory=lambda: {OURS: [], LLAMA_VIM: []})
    machine: str = ""

    def sums(self, names: Sequence[str], sessions: Sequence[Session]) -> tuple[Sum, ...]:
        """Of these strategies, over these sessions alone."""
        wanted = {name_of(number, session) for number, session in enumerate(sessions)}
        return tuple(
            Sum(name, BUDGET_MS, [result for result in self.results.get(name, ()) if result.session in wanted])
            for name in names
        )


async def measure(folder: Path, minutes: float, model: str, *, tuning: bool) -> ReplayFigures:
    """The section."""
    planned, played = plan(minutes, tuning=tuning), Played()
    own_ms = await own_share.median_ms(folder)
    names = strategies()
    for strategy, sessions in planned.blocks(names):
        played.results.setdefault(strategy, []).extend(await _block(folder, model, strategy, sessions, played))
    sums = played.sums(names[: 1 + len(PEERS)], planned.main)
    return ReplayFigures(
        f"replay: real editing of real files, by the same engine with {model}",
        [_stale(sums[0])],
        _notes(planned, played, tuning=tuning),
        sums,
        played.sums([OURS, *names[1 + len(PEERS) :]], planned.ablated),
        Projection(played.asked, {OURS: own_ms, LLAMA_VIM: 0.0}, BUDGET_MS),
    )


def _stale(ours: Sum) -> Row:
    """For the numbers to reach; the section's own tables have a column of it."""
    return Row("stale answers in the replay", ours.tally.stale, unit="", count=len(ours.request_ms), aim=STALE_AIM)


async def _block(folder: Path, model: str, strategy: str, sessions: Sequence[Numbered], played: Played) -> list[Result]:
    """Sessions of one strategy, on an engine of their own: what is read for one would be read for the next one, too.

    What is learned of the engine's speed is not handed on either.
    """
    root = Path(tempfile.mkdtemp(prefix="replay-", dir=folder))
    with patch.dict(os.environ, NEARLINE_STATE_DIR=str(root)):
        async with engine(strategy, root, model) as running, window(strategy, running, root) as client:
            played.machine = one_line(machine(running.params))
            results = [await _play(running, strategy, name_of(*one), one[1], client) for one in sessions]
            if strategy in played.asked:
                played.asked[strategy] += await _asked(client)
            return results


async def _asked(client: Window) -> list[Asked]:
    """Of a window that counts."""
    if isinstance(client, LlamaVimWindow):
        return client.asked
    return [Asked(*row) for row in await client.execute(types.Command("", ASKED))]


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
        f"every way begins when a file is opened and has {LOOK_S:g} s until the first key; the peers are asked inside "
        "the player's process, without an editor's channel; their answer times are those of requests to the engine "
        "(plain prefix: those that no key cut short), ours of every key's answer: compare by the time to ghost text",
        "accepted: at a key, ghost text of three characters or more, up to a line, if the file has exactly it next "
        "(nearline_server/replay/score.py); difference: paired bootstrap over sessions",
        *explained(),
    ]
