"""`make quality`: our pipeline against the bare model with its documented prompt, same model, same tasks, same run."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from nearline_router.engine.catalogue import DEFAULT_MODEL_ID
from nearline_router.errors import RouterError
from nearline_server.quality.hole import Hole
from tests.bench.engine import require_installed
from tests.quality import cross_file, humaneval, real_files, report
from tests.quality.compared import compared
from tests.quality.engine import Sides, started

# About ten minutes on two slow cores, most of them for the suite that we are measured by.
DEFAULT_COUNTS = {"single-line": 60, "multi-line": 15, "random-span": 20, "spans": 24}
# Of the suite that is run only if it is named: a minute each on two slow cores.
CROSS_FILE_COUNT = 12
PIPE_WIDTH = 130
INTERRUPTED = 130


def chosen_holes(suite: str, count: int | None, seed: int) -> list[Hole]:
    """So many of a suite's holes, the same for the same seed; all of them for None."""
    if suite == "spans":
        return list(real_files.spans(real_files.source_files(), seed)[:count])
    every = {
        "single-line": humaneval.single_line,
        "multi-line": humaneval.multi_line,
        "random-span": humaneval.random_span,
    }[suite]()
    return list(every) if count is None else random.Random(seed).sample(every, min(count, len(every)))


async def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Measure and print suite by suite. Raises RouterError when the model stops answering."""
    record: dict[str, Any] = {"seed": options.seed, "suites": {}}
    if Path(options.model).suffix != ".gguf":
        require_installed(options.model)
    async with started(options.model) as sides:
        record["model"] = sides.model
        console.print(f"{sides.model}, seed {options.seed}\n", style="bold")
        if "cross-file" in options.only:
            record["suites"]["cross-file"] = await cross_file_record(options, sides, console)
        for suite in options.only:
            if suite == "cross-file":
                continue
            holes = chosen_holes(suite, options.tasks.get(suite), options.seed)
            with click.progressbar(length=len(holes), label=suite, file=sys.stderr) as bar:
                results = await compared(sides, holes, lambda bar=bar: bar.update(1))  # type: ignore[misc]
            for name, part in report.groups(suite, results).items():
                if part:
                    report.show(console, name, part)
                    record["suites"][name] = report.record(part)
            if suite == "spans":
                report.show_languages(console, results)
    return record


async def cross_file_record(options: argparse.Namespace, sides: Sides, console: Console) -> dict[str, Any]:
    """The suite with other open files, which is compared with itself without them."""
    count = options.tasks.get("cross-file") if options.tasks is not DEFAULT_COUNTS else CROSS_FILE_COUNT
    holes = cross_file.cross_file_holes(options.seed)[:count]
    with click.progressbar(length=len(holes), label="cross-file", file=sys.stderr) as bar:
        results, prices = await cross_file.compared_ways(sides.router, holes, lambda: bar.update(1))
    report.show_ways(console, "cross-file", results, prices)
    return report.record_ways(results)


def main() -> int:
    """Returns the exit status."""
    options = _options()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    # Ended from outside, the bench still ends its engine.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start_s = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="nearline-quality-") as folder:
        os.environ["NEARLINE_RUNTIME_DIR"] = os.environ["NEARLINE_STATE_DIR"] = folder
        try:
            record = asyncio.run(run(options, console))
        except KeyboardInterrupt:
            console.print("The bench was interrupted; its engine is ended")
            return INTERRUPTED
        except RouterError as error:
            console.print(f"The bench cannot run: {error}")
            return 1
    if options.json:
        options.json.write_text(json.dumps(record, indent=1) + "\n")
    console.print(f"{time.perf_counter() - start_s:.0f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument(
        "--tasks", type=_tasks, default=DEFAULT_COUNTS, metavar="N", help="of each suite, or `all` (hours)"
    )
    parser.add_argument("--seed", type=int, default=1, help="which tasks, where not all")
    known = [*DEFAULT_COUNTS, "cross-file"]
    parser.add_argument(
        "--only",
        type=_names(known),
        default=list(DEFAULT_COUNTS),
        metavar="SUITE[,SUITE]",
        help=f"{', '.join(known)}; the last only if it is named",
    )
    parser.add_argument("--model", default=DEFAULT_MODEL_ID, metavar="ID", help="of the catalogue, or a GGUF file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there")
    return parser.parse_args()


def _tasks(text: str) -> dict[str, int]:
    """By suite; a suite that is not in it is taken whole."""
    if text == "all":
        return {}
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number, or all")
    return dict.fromkeys([*DEFAULT_COUNTS, "cross-file"], int(text))


def _names(known: list[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        unknown = [name for name in text.split(",") if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no such suite: {', '.join(unknown)}")
        return text.split(",")

    return names


if __name__ == "__main__":
    sys.exit(main())
