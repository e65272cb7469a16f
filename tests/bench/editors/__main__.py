"""`make bench-editors`: key pressed to ghost text in VS Code and Neovim, and with a server that answers at once."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from nearline_router.engine.store import ModelStore
from tests.bench.editors import neovim, strokes, vscode
from tests.bench.engine import Engine, started
from tests.bench.load import LoadProbe
from tests.bench.machine import machine, one_line
from tests.bench.report import Figures

NO_RESULT = 3
PIPE_WIDTH = 130
REST_S = 0.2


def main() -> int:
    """Returns the exit status: 3 where the machine was too busy for a result, and figures were not wanted anyway."""
    options = _options()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    load = LoadProbe().measure()
    banner = f"NOT A RESULT: the machine was busy before the first key ({load})" if load.busy else ""
    if banner:
        console.print(banner, style="bold red")
    if banner and not options.anyway:
        return NO_RESULT
    with tempfile.TemporaryDirectory(prefix="nearline-bench-") as folder:
        _keep_apart(folder)
        asyncio.run(_measure(Path(folder), options.keys, console))
    if banner:
        console.print(banner, style="bold red")
    return 0


def _keep_apart(folder: str) -> None:
    """An engine, locks, state and editors' files of our own; only the model is the user's."""
    os.environ["NEARLINE_MODELS_DIR"] = str(ModelStore().root)
    os.environ["NEARLINE_RUNTIME_DIR"] = os.environ["NEARLINE_STATE_DIR"] = folder
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        os.environ[f"XDG_{kind}_HOME"] = f"{folder}/{kind.lower()}"


async def _measure(folder: Path, keys: int, console: Console) -> None:
    typed = strokes.script(keys)
    async with started(folder) as engine:
        console.print(f"{one_line(machine(engine.params))}\n", style="bold")
        quiet = _quiet(engine)
        # Both drive their editors without an event loop.
        in_neovim = await asyncio.to_thread(neovim.measure, folder, engine.config, typed, keys, quiet)
        ours = {name: value for name, value in os.environ.items() if name.startswith("NEARLINE_")}
        in_vscode = await asyncio.to_thread(vscode.measure, folder, engine.config, ours, typed, keys, quiet)
    rows = [*strokes.rows(strokes.VS_CODE, *in_vscode), *strokes.rows(strokes.NEOVIM, *in_neovim)]
    Figures(f"key to ghost text, {keys} keys", rows, NOTES).show(console)


NOTES = [
    "VS Code waits 50 ms before it asks, and draws in a browser's frames; our Neovim client asks at once",
    "the budget is the default one; what comes after it is drawn when the server says so, and counts in full",
]


def _quiet(engine: Engine) -> Callable[[], None]:
    loop = asyncio.get_running_loop()
    return lambda: asyncio.run_coroutine_threadsafe(engine.quiet(REST_S), loop).result()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.editors", description=__doc__)
    parser.add_argument("--keys", type=int, default=60, help="how many (default: 60)")
    parser.add_argument(
        "--anyway", action="store_true", help="print the figures of a busy machine, which are no result"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
