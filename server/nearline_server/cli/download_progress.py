"""A download as a person sees it: a bar on a terminal, a few plain lines anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import TransferSpeedColumn as SpeedColumn

from nearline_router.engine.catalogue import size_text
from nearline_router.engine.store import ProgressEvent

STAGES = {"download": "Downloading", "verify": "Verifying"}
PLAIN_STEP = 10  # percent between two plain lines


@contextmanager
def shown(console: Console) -> Iterator[Callable[[ProgressEvent], None]]:
    """Progress as a bar on a terminal, as a few plain lines anywhere else."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield _PlainLines(console.stderr)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), SpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        yield _Bars(bars)


class _PlainLines:
    """One line per tenth of each stage, and one per note."""

    def __init__(self, err: bool) -> None:
        self._err = err
        self._last: tuple[str, str, int] | None = None

    def __call__(self, event: ProgressEvent) -> None:
        if event.note:
            click.echo(event.note, err=self._err)
            return
        percent = event.done_bytes * 100 // event.total_bytes // PLAIN_STEP * PLAIN_STEP
        # Verifying takes seconds: its end is news, its tenths are not.
        line = (event.stage, event.source, percent)
        if line == self._last or (event.stage == "verify" and percent < 100):
            return
        self._last = line
        done = f"{size_text(event.done_bytes)} of {size_text(event.total_bytes)}"
        click.echo(f"{STAGES[event.stage]}: {percent:3} %  {done}", err=self._err)


class _Bars:
    """One bar per stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, event: ProgressEvent) -> None:
        if event.note:
            self._bars.console.print(event.note, highlight=False)
            return
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bars.add_task(STAGES[event.stage], total=event.total_bytes)
        self._bars.update(self._tasks[event.stage], completed=event.done_bytes)
