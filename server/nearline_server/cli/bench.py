"""`nearline bench`: real editing of real files, replayed on this machine through the user's own configuration."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from sysconfig import get_path

import click
from rich.console import Console
from rich.table import Table as Grid

from nearline_router.learned import state_dir
from nearline_server.cli.options import config_option
from nearline_server.cli.private_file import private_file
from nearline_server.cli.ready import connected, open_router
from nearline_server.demo.client import START_TIMEOUT_S, server_command
from nearline_server.replay.files import chosen_files
from nearline_server.replay.results import Sum
from nearline_server.replay.session import Session
from nearline_server.replay.tables import tables
from nearline_server.replay.timed import Played, play_for, sessions_in
from nearline_server.replay.window import LspWindow
from nearline_server.report.tables import Table
from nearline_server.settings import read_settings

# Of so many files sessions are taken; a run of an hour begins anew with other places in them.
FILES = 200
# How the ledger names this: its suggestions are nobody's, and are told apart by it.
CLIENT, STRATEGY = "nearline bench", "this configuration"


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--minutes", type=click.FloatRange(0.01, 600), default=3.0, show_default=True, help="How long.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another replay.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end and nothing else.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), metavar="F", help="Write a page with plots.")
@config_option
@click.pass_obj
def bench(
    config: str | None, paths: tuple[Path, ...], minutes: float, seed: int, as_json: bool, html: Path | None
) -> None:
    """Replay real editing of the files and folders PATHS and say what completion saves and costs.

    Parts of the files are taken out and typed again; nothing on the disk is changed. Without PATHS these are files of
    Python's standard library. What is sent where is as in an editor, by the same configuration, and is in the ledger.
    """
    root = _root(paths)
    files = chosen_files([path.resolve() for path in paths] or root.glob("*.py"), root, seed, FILES)
    console = Console(highlight=False, quiet=as_json)
    if next(sessions_in(files, seed), None) is None:
        raise click.ClickException("in these files there is nothing to take out and type again")
    found, title = asyncio.run(_run(config, root, sessions_in(files, seed), minutes * 60, console))
    record = found.record()
    if html:
        _write(html, title, found)
    if as_json:
        click.echo(json.dumps({"title": title, "seed": seed} | record))
        return
    for table in tables([found], []):
        _show(console, table)


async def _run(
    config: str | None, root: Path, sessions: Iterator[Session], seconds: float, console: Console
) -> tuple[Sum, str]:
    router = open_router(config, root)
    settings, _ = read_settings({"completion": router.config.completion})
    await connected(router)
    await router.aclose()
    window = LspWindow(root, CLIENT)
    await window.start(server_command(config), root)
    try:
        await asyncio.wait_for(window.ready.wait(), START_TIMEOUT_S)
        if window.status["state"] != "ready":
            raise click.ClickException(window.status["message"])
        title = f"Replay on this machine: {window.status['model']} at endpoint {window.status['endpoint']}"
        console.print(f"{title}, {seconds / 60:g} minutes. Ctrl-C ends it.\n")
        played = await play_for(seconds, window, sessions, lambda one: _tell(console, one))
    except ExceptionGroup as errors:
        raise click.ClickException(f"the server failed ({type(errors.exceptions[0]).__name__})") from errors
    finally:
        await window.stop()
    # Only now is everything in the ledger.
    results = await asyncio.to_thread(lambda: [one.result(STRATEGY, state_dir(), CLIENT) for one in played])
    return Sum(STRATEGY, settings.completion.budget_ms, results), title


def _tell(console: Console, one: Played) -> None:
    tally = one.seen.tally
    console.print(f"{tally.saved:4} of {tally.chars:3} characters saved  {one.session.file.name}", style="dim")


def _show(console: Console, table: Table) -> None:
    """Standing, since one way to complete has more figures than a line has room."""
    grid = Grid(title=f"\n{table.heading}", title_justify="left", show_header=False, box=None, pad_edge=False)
    for name, value in zip(table.columns[1:], table.rows[0][1:], strict=True):
        grid.add_row(name, value)
    console.print(grid)
    console.print(table.note, style="dim")


def _write(path: Path, title: str, found: Sum) -> None:
    from nearline_server.replay.page import render_page

    notes = [f"{len(found.results)} sessions in {len({one.session.partition(' ')[2] for one in found.results})} files."]
    try:
        with private_file(path) as file:
            file.write(render_page(title, notes, [found], []))
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror or error}") from error


def _root(paths: Sequence[Path]) -> Path:
    """The folder that is open: the one that is given, or in which the first file is."""
    first = (paths[0] if paths else Path(get_path("stdlib"))).resolve()
    return first if first.is_dir() else first.parent


if sys.platform == "win32":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
