"""`nearline ledger`: take out of the ledger what is old or to be forgotten, or copy it for other programs."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from nearline_router.accounts.export import TABLES, export_csv, export_jsonl
from nearline_router.accounts.retention import Removed, forget, prune
from nearline_router.errors import RouterError
from nearline_router.learned import state_dir
from nearline_router.ledger.database import FILE, connect
from nearline_server.cli.options import config_option
from nearline_server.cli.private_file import private_file
from nearline_server.cli.ready import layers


def _days(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    days = re.fullmatch(r"(\d{1,5})d?", value) if value else None
    if value and not days:
        raise click.BadParameter(f"{value!r} is not a number of days such as 90d")
    return int(days[1]) if days else None


@click.group()
def ledger() -> None:
    """Prune, export or forget the record of what requests used and cost. No text is in it."""


@ledger.command(name="prune")
@click.option("--older-than", callback=_days, metavar="DAYS", help="Such as 90d; else accounting.retention_days.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@click.pass_obj
def prune_(config: str | None, older_than: int | None, yes: bool) -> None:
    """Remove single requests that are older; the sums of their days are kept, so reports stay the same."""
    days = layers(config, Path.cwd()).config.accounting.retention_days if older_than is None else older_than
    today = datetime.now(UTC).date()
    before = max(date(1970, 1, 2), today - timedelta(days=days))
    if not _there() or not _sure(f"Remove single requests before {before}? The sums of days are kept.", yes):
        return
    with _said():
        removed = prune(state_dir(), before, today)
    click.echo(f"Removed {_told(removed)}; what they add up to is kept.")


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--table", type=click.Choice(TABLES), help="Only this one; a .csv file has one, else the attempts.")
def export(file: Path, table: str | None) -> None:
    """Write all rows to FILE, as .csv or .jsonl."""
    if file.suffix.lower() not in (".csv", ".jsonl"):
        raise click.UsageError("FILE has to end in .csv or .jsonl")
    with _said(), closing(connect(state_dir(), read_only=True)) as connection, private_file(file) as out:
        if file.suffix.lower() == ".csv":
            count = export_csv(connection, table or "attempts", out)
        else:
            count = export_jsonl(connection, [table] if table else TABLES, out)
    click.echo(f"{_many(count, 'row')} in {file}")


@ledger.command(name="forget")
@click.option("--repository", metavar="R", help="Everything of this repository.")
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Everything before this day.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_(repository: str | None, before: datetime | None, everything: bool, yes: bool) -> None:
    """Remove requests and what they add up to, for good. Prices stay: they say nothing of your work.

    What this month's cost stays until its end, by day and cost centre: it counts against budgets all the same.
    """
    if (repository is not None) + (before is not None) + everything != 1:
        raise click.UsageError("say one of --repository, --before and --all")
    what = f"of {repository}" if repository is not None else f"before {before:%Y-%m-%d}" if before else "in the ledger"
    if not _there() or not _sure(f"Forget everything {what}? Reports will no longer have it.", yes):
        return
    with _said():
        today = datetime.now(UTC).date()
        removed = forget(state_dir(), today, before=before.date() if before else None, repository=repository)
    click.echo(f"Forgot {_told(removed)} and {_many(removed.sums, 'sum')} of days.")


def _there() -> bool:
    if (state_dir() / FILE).exists():
        return True
    click.echo("There is no ledger yet.")
    return False


def _sure(question: str, yes: bool) -> bool:
    return yes or click.confirm(question)


def _told(removed: Removed) -> str:
    return f"{_many(removed.attempts, 'attempt')} and {_many(removed.suggestions, 'suggestion')}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


@contextmanager
def _said() -> Iterator[None]:
    """What goes wrong is one message."""
    try:
        yield
    except (sqlite3.Error, OSError, RouterError) as error:
        raise click.ClickException(str(error)) from error
