"""`nearline reconcile`: a provider's usage export against the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from nearline_router.reconcile import ExportError, Line, Reconciliation, read_export, reconciled
from nearline_router.reconcile.amounts import Amounts
from nearline_server.cli.recorded import open_ledger

# What a terminal can show; --json has all.
MOST_LINES = 30
NAMES = ("requests", "prompt tokens", "answer tokens", "cost")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with every line that differs.")
def reconcile(file: Path, as_json: bool) -> None:
    """Compare the usage export FILE of OpenRouter, OpenAI or Anthropic with what the ledger has of that time.

    Says how much of the bill was recorded, and which days, models or requests differ. CSV or JSON; which of their
    formats it is, is told by its columns.
    """
    try:
        export = read_export(file)
    except ExportError as error:
        raise click.ClickException(str(error)) from error
    with open_ledger() as connection:
        found = reconciled(export, connection)
    if as_json:
        click.echo(json.dumps(_record(found), ensure_ascii=False))
    else:
        _show(found)


def _record(found: Reconciliation) -> dict[str, Any]:
    rows = found.export.rows
    return {
        "format": found.export.format.name,
        "provider": found.export.format.provider,
        "since": rows[0].at.isoformat(),
        "until": rows[-1].at.isoformat(),
        "billed": found.billed._asdict(),
        "recorded": found.recorded._asdict(),
        "captured": dict(zip(Amounts._fields, found.captured, strict=True)),
        "differs": [_line(line) for line in found.lines if line.differs],
    }


def _line(line: Line) -> dict[str, Any]:
    sides = {"billed": line.billed, "recorded": line.recorded}
    told = {name: side._asdict() if side else None for name, side in sides.items()}
    return {"at": line.at.isoformat(), "model": line.model} | told


def _show(found: Reconciliation) -> None:
    console = Console(highlight=False, markup=False)
    rows = found.export.rows
    click.echo(f"{found.export.format.name}, {rows[0].at:%Y-%m-%d} to {rows[-1].at:%Y-%m-%d} (UTC)\n")
    console.print(_sums(found))
    differing = [line for line in found.lines if line.differs]
    if not differing:
        click.echo("\nNothing differs.")
        return
    what = "requests" if found.export.format.by_request else "days and models"
    click.echo(f"\n{len(differing):,} of {len(found.lines):,} {what} differ (billed / recorded):")
    console.print(_differences(differing[:MOST_LINES], found.export.format.by_request))
    if len(differing) > MOST_LINES:
        click.echo(f"… and {len(differing) - MOST_LINES:,} more; --json has them all")


def _sums(found: Reconciliation) -> Table:
    table = Table("", "billed", "recorded", "captured", box=None, pad_edge=False)
    for number, name in enumerate(NAMES):
        share = found.captured[number]
        captured = "not in the export" if share is None else f"{share:.1%}"
        table.add_row(name, _amount(found.billed, number), _amount(found.recorded, number), captured)
    return table


def _differences(lines: list[Line], by_request: bool) -> Table:
    table = Table("time" if by_request else "day", "model", *NAMES, "", box=None, pad_edge=False)
    for line in lines:
        sides = [f"{_amount(line.billed, number)} / {_amount(line.recorded, number)}" for number in range(len(NAMES))]
        table.add_row(f"{line.at:%Y-%m-%d %H:%M:%S}" if by_request else f"{line.at:%Y-%m-%d}", line.model, *sides,
                      _verdict(line))  # fmt: skip
    return table


def _verdict(line: Line) -> str:
    if line.recorded is None:
        return "not in the ledger"
    return "not on the bill" if line.billed is None else ""


def _amount(amounts: Amounts | None, number: int) -> str:
    value = amounts[number] if amounts else None
    if value is None:
        return "-"
    return f"${value / 1e9:.4f}" if number == len(NAMES) - 1 else f"{value:,}"
