"""`nearline egress`: what left for endpoints that are not local, to whom, and why that was allowed; never the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from nearline_router.egress import recorded
from nearline_router.learned import state_dir
from nearline_server.cli.moments import since as moment

COLUMNS = ("time", "endpoint", "host", "model", "task", "bytes", "rule", "residency", "redactions")


@click.command()
@click.option("--since", callback=moment, metavar="WHEN", help="From then on: 30m, 12h, 7d, or a date or time.")
@click.option("--json", "as_json", is_flag=True, help="The record itself, one JSON object a line.")
def egress(since: datetime | None, as_json: bool) -> None:
    """Show each attempt at an endpoint that is not local: when, to whom, how many bytes, and why it was allowed."""
    try:
        entries = list(recorded(state_dir(), since))
    except OSError as error:
        raise click.ClickException(f"the record cannot be read: {error}") from error
    if as_json:
        for entry in entries:
            click.echo(json.dumps(entry, ensure_ascii=False))
    elif entries:
        _show(entries)
    else:
        click.echo("Nothing has left." if since is None else "Nothing has left since then.")


def _show(entries: Sequence[dict[str, Any]]) -> None:
    table = Table(*COLUMNS, box=None, pad_edge=False)
    for entry in entries:
        table.add_row(_local(entry["time"]), *(_cell(entry[name]) for name in COLUMNS[1:]))
    Console(highlight=False, markup=False).print(table)
    hosts = {entry["host"] for entry in entries}
    total = sum(entry["bytes"] for entry in entries)
    click.echo(f"\n{_many(len(entries), 'attempt')}, {_many(total, 'byte')} to {_many(len(hosts), 'host')}")


def _local(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M:%S}"


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
