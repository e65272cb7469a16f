"""`make bench`: every figure the design names, in one run on one machine. `python -m tests.bench --help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from nearline_router.engine.catalogue import DEFAULT_MODEL_ID
from nearline_router.errors import RouterError
from tests.bench import (
    actions,
    decision,
    human_pace,
    keystroke,
    ledger,
    overhead,
    own_share,
    predictions,
    reach,
    report_speed,
    start,
    tokens,
    ttft,
    type_through,
    warm,
)
from tests.bench.engine import Engine, require_installed, started
from tests.bench.load import STEADY, Load, LoadProbe, OthersMeter
from tests.bench.machine import machine, one_line
from tests.bench.overhead import Incomplete
from tests.bench.replay import section as replay
from tests.bench.replay import soak
from tests.bench.report import Figures

WITH_ENGINE: dict[str, Callable[[Engine], Awaitable[Figures]]] = {
    "keystroke": keystroke.measure,
    "ttft": ttft.measure,
    "human-pace": human_pace.measure,
    "tokens": tokens.measure,
    "actions": actions.measure,
    "predictions": predictions.measure,
}
WITHOUT: dict[str, Callable[[Path], Awaitable[Figures]]] = {
    "own-share": own_share.measure,
    "type-through": type_through.measure,
    "start": start.measure,
    "decision": decision.measure,
    "ledger": ledger.measure,
    "report": report_speed.measure,
    "overhead": overhead.measure,
    "warm": warm.measure,
}
# What takes as long as one wants, and how many minutes it takes else.
REPLAYED: dict[str, tuple[Callable[..., Awaitable[Figures]], float]] = {
    "replay": (replay.measure, replay.MINUTES),
    "soak": (soak.measure, soak.MINUTES),
}
# Of an hour.
ONLY_WHEN_ASKED_FOR = {"soak"}
NO_RESULT = 3
INTERRUPTED = 130
PIPE_WIDTH = 130


class Busy(Exception):
    """The machine has other things to do."""


class Bench:
    """Runs sections, prints them, and watches whether anybody else uses the machine."""

    def __init__(self, console: Console, anyway: bool) -> None:
        self._console = console
        self._anyway = anyway
        self._probe = LoadProbe()
        self.loads: list[tuple[str, Load]] = []
        self.machine: dict[str, Any] = {}
        self.sections: dict[str, Figures] = {}
        self.missing: list[str] = []
        self.broken = False

    @property
    def banner(self) -> str:
        """Why this is no result, "" if it is one."""
        busy = next(((when, load) for when, load in self.loads if load.busy), None)
        return f"NOT A RESULT: the machine was busy {busy[0]} ({busy[1]})" if busy else ""

    @property
    def unsteady(self) -> str:
        """That the processor's own speed changed, "" if it did not."""
        slowest = max((load.slowdown for _, load in self.loads), default=1.0)
        if slowest <= STEADY:
            return ""
        return (
            f"The processor by itself ran up to {slowest:.1f}x slower than at its best (heat, or a machine shared "
            "with others): compare figures within one run only"
        )

    @property
    def status(self) -> int:
        """The exit status. A section that broke off is a failure, whatever figures were wanted."""
        if self.broken:
            return 1
        return NO_RESULT if (self.banner or self.missing) and not self._anyway else 0

    async def run(self, options: argparse.Namespace, folder: Path) -> None:
        """Measure. Raises Busy as soon as the machine is, unless figures are wanted anyway."""
        chosen = set(options.only)
        named = {"model": options.model} if chosen & {*WITH_ENGINE, *REPLAYED} else {}
        self._look("before the first section")
        if chosen & WITH_ENGINE.keys():
            async with started(folder, options.model) as engine:
                self._introduce(named | machine(engine.params))
                for name in (name for name in WITH_ENGINE if name in chosen):
                    await self._section(name, WITH_ENGINE[name](engine))
        else:
            self._introduce(named | machine(None))
        for name in (name for name in WITHOUT if name in chosen):
            await self._section(name, WITHOUT[name](folder))
        for name, (measure, minutes) in REPLAYED.items():
            if name in chosen:
                await self._section(
                    name, measure(folder, options.minutes or minutes, options.model, tuning=options.tuning)
                )

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "result": not (self.banner or self.missing),
            "banner": self.banner,
            "unsteady": self.unsteady,
            "missing": self.missing,
            "machine": self.machine,
            "loads": [{"when": when, **asdict(load)} for when, load in self.loads],
            "numbers": reach.record(self.sections),
            "sections": {name: figures.record() for name, figures in self.sections.items()},
        }

    def _introduce(self, found: dict[str, Any]) -> None:
        self.machine = found
        self._console.print(f"{one_line(found)}\n", style="bold")

    async def _section(self, name: str, measuring: Awaitable[Figures]) -> None:
        # No spinner: it would be drawn on the processors that are measured.
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        others = OthersMeter()
        try:
            figures = await measuring
        except Incomplete as lack:
            figures = lack.figures
            self.missing.append(str(lack))
        except (RuntimeError, TimeoutError, OSError) as broken:
            # What was measured before is not lost, and what comes behind is measured.
            traceback.print_exc()
            self.broken = True
            self.missing.append(f"{name} broke off: {broken!r}")
            return
        self._note(f"during {name}", others.load())
        self._look(f"after {name}")
        self.sections[name] = figures
        figures.show(self._console)

    def _look(self, when: str) -> None:
        self._note(when, self._probe.measure())

    def _note(self, when: str, load: Load) -> None:
        first = not self.banner
        self.loads.append((when, load))
        if load.busy and not self._anyway:
            raise Busy
        if load.busy and first:
            self._console.print(f"{self.banner}\n", style="bold red")


def main() -> int:
    """Returns the exit status: 1 where the bench or a section of it broke off; 3 where the machine was too busy for a
    result, or a part of it is missing, and figures were not wanted anyway."""
    options = _options()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    bench = Bench(console, options.anyway)
    # Ended from outside, the bench still ends its engine.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start_s = time.perf_counter()
    try:
        _run(bench, options)
    except KeyboardInterrupt:
        console.print("The bench was interrupted; its engine is ended")
        return INTERRUPTED
    except (click.ClickException, RouterError) as error:
        console.print(f"The bench cannot run: {error}")
        return 1
    if options.json:
        options.json.write_text(json.dumps(bench.record(), indent=1) + "\n")
    replayed = bench.sections.get("replay")
    if options.html and isinstance(replayed, replay.ReplayFigures):
        options.html.write_text(replayed.page(), encoding="utf-8")
    reach.show(console, bench.sections)
    console.print(f"{len(bench.sections)} sections in {time.perf_counter() - start_s:.0f} s")
    if bench.unsteady:
        console.print(bench.unsteady, style="yellow")
    if bench.banner:
        console.print(bench.banner, style="bold red")
    for lack in bench.missing:
        console.print(lack, style="bold red")
    return bench.status


def _run(bench: Bench, options: argparse.Namespace) -> None:
    # The default one is fetched where it is missing.
    if options.model != DEFAULT_MODEL_ID:
        require_installed(options.model)
    with tempfile.TemporaryDirectory(prefix="nearline-bench-") as folder, contextlib.suppress(Busy):
        # An engine, locks and state of our own, whatever else runs for this user.
        os.environ["NEARLINE_RUNTIME_DIR"] = os.environ["NEARLINE_STATE_DIR"] = folder
        asyncio.run(bench.run(options, Path(folder)))


def _options() -> argparse.Namespace:
    known = [*WITH_ENGINE, *WITHOUT, *REPLAYED]
    usual = [name for name in known if name not in ONLY_WHEN_ASKED_FOR]
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", type=_names(known), default=usual, metavar="SECTION[,SECTION]", help=", ".join(known))
    parser.add_argument("--model", default=DEFAULT_MODEL_ID, metavar="ID", help="of the catalogue, and installed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the replay as a page there")
    parser.add_argument("--minutes", type=float, help="how long the replay, or the soak, is to take (else 8, or 60)")
    parser.add_argument("--tuning", action="store_true", help="replay the files to tune on, not those held out")
    parser.add_argument(
        "--anyway", action="store_true", help="print the figures of a busy machine, which are no result"
    )
    return parser.parse_args()


def _names(known: list[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        unknown = [name for name in text.split(",") if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no such section: {', '.join(unknown)}")
        return text.split(",")

    return names


if __name__ == "__main__":
    sys.exit(main())
