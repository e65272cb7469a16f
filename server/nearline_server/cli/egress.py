"""`nearline egress`: what left for endpoints that are not local, to whom, and why that was allowed; never the text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from nearline_router.egress import recorded
from nearline_router.learned import state_dir

COLUMNS = ("time", "endpoint", "host", "model", "task", "bytes", "rule", "residency", "redactions")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _since(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """A time: so long ago, or a date or time in ISO 8601; without an offset it is local."""
    try:
        if value and (ago := re.fullmatch(r"(\d{1,6})([mhd])", value)):
            return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        return None if value is None else datetime.fromisoformat(value).astimezone()
    except (ValueError, OverflowError, OSError) as error:  # or a year that the system's clock does not have
        raise click.BadParameter(f"{value!r} is neither like 30m, 12h or 7d nor a date such as 2026-11-23") from error


@click.command()
@click.option("--since", callback=_since, metavar="WHEN", help="From then on: 30m, 12h, 7d, or a date or time.")
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
