"""`nearline demo`: the real server over stdio, a real file typed at human pace, and the figures at the end."""

from __future__ import annotations

import asyncio
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nearline_server.cli.options import config_option
from nearline_server.cli.ready import connected, open_router
from nearline_server.demo.client import START_TIMEOUT_S, Client, server_command
from nearline_server.demo.replay import Replay, Seen
from nearline_server.demo.typist import Script, gaps_s, script_for
from nearline_server.documents.languages import language_of

# About 40 seconds of typing.
CHARS = 260
SEED = 7
# A person opens a file, looks, and begins; the server reads the prompt meanwhile.
LOOK_S = 2.0

CONNECT = """
Your editor:
  Neovim    nearline setup neovim
  VS Code   nearline setup vscode
  others    start `nearline lsp` for every language; it speaks textDocument/inlineCompletion
What this used and cost: nearline report
"""


@click.command()
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Type this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end and nothing else.")
@config_option
@click.pass_obj
def demo(config: str | None, file: Path | None, as_json: bool) -> None:
    """Type a real source file at human pace and show the ghost text as it appears."""
    path = (file or Path(textwrap.__file__)).resolve()
    script = script_for(path.read_text(encoding="utf-8"), CHARS, SEED)
    console = Console(highlight=False, quiet=as_json)
    figures = asyncio.run(_run(config, path, script, console))
    if as_json:
        click.echo(json.dumps(figures))
        return
    console.print(_table(figures))
    console.print(CONNECT)


async def _run(config: str | None, path: Path, script: Script, console: Console) -> dict[str, Any]:
    console.print(f"Nearline demo: typing a part of {path.name} again, as a person would. Ctrl-C ends it.")
    router = open_router(config)
    await connected(router)
    await router.aclose()
    client = Client()
    await client.start(server_command(config), path.parent)
    try:
        client.open(path, language_of(path.name), script.before + script.after)
        await asyncio.wait_for(client.ready.wait(), START_TIMEOUT_S)
        if client.status["state"] != "ready":
            raise click.ClickException(client.status["message"])
        console.print(f"Model: {client.status['model']} at endpoint {client.status['endpoint']}\n")
        replay = Replay(client, script, gaps_s(SEED), lambda seen: _show(console, seen))
        client.on_refresh = replay.refreshed
        client.focus((script.before.count("\n"), 0))
        await asyncio.sleep(LOOK_S)
        tally = await replay.run()
        return tally.figures() | {name: client.status[name] for name in ("model", "endpoint")}
    finally:
        await client.stop()


def _show(console: Console, seen: Seen) -> None:
    if seen.event == "typed-through":
        return
    ghost = seen.ghost.replace("\n", "⏎")
    how = f"{seen.took_ms:6.0f} ms  {seen.found:<9}" if seen.event == "shown" else f"{'Tab':>9}  {'accepted':<9}"
    before = seen.line_before.strip()[-48:]
    console.print(Text.assemble((how, "cyan"), "  ", before, "║", (ghost[:60], "dim")), soft_wrap=True)


def _table(figures: dict[str, Any]) -> Table:
    table = Table(title="\nWhat came of it", title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    found = ", ".join(f"{how} {count}" for how, count in sorted(figures["found"].items()))
    rows = {
        "keys pressed": f"{figures['keys']}",
        "suggestions shown": f"{figures['suggestions']}",
        "request to answer, p50": f"{figures['p50_ms']:.0f} ms",
        "request to answer, p95": f"{figures['p95_ms']:.0f} ms",
        "answers within 150 ms": f"{figures['within_budget']:.0%}",
        "keys with ghost text before the next": f"{figures['standing']:.0%}",
        "characters saved by accepting": f"{figures['saved_chars']} in {figures['accepted']} accepts",
        "stale answers": f"{figures['stale']}",
        "answers found by": found,
        "model": f"{figures['model']} ({figures['endpoint']})",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


if sys.platform == "win32":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
