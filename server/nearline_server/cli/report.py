"""`nearline report`: what a month, or any days, cost and brought."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, get_args

import click
from rich.console import Console

from nearline_router.accounts.cloud_price import Cloud, CloudPrice
from nearline_router.accounts.csv_rows import Interval, write_csv
from nearline_router.accounts.period import Period
from nearline_router.accounts.usage import Dimension
from nearline_router.learned import state_dir
from nearline_router.prices.price import NANO_PER_USD
from nearline_server.cli.options import config_option
from nearline_server.cli.private_file import private_file
from nearline_server.cli.ready import layers
from nearline_server.cli.recorded import ledger_trouble_said
from nearline_server.report.contents import Report
from nearline_server.report.make import make_report

Format = Literal["terminal", "md", "html", "csv", "json"]
BY = ("endpoint", "model", "task", "cost-centre", "repository", "day")
DAY = click.DateTime(["%Y-%m-%d"])


def _month(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Period | None:
    try:
        return Period.month(value) if value else None
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a month such as 2026-11") from error


def _cloud(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Cloud | None:
    """Two prices for a million tokens, as `0.40/1.20`."""
    if value is None:
        return None
    try:
        into, out = (float(part) for part in value.split("/"))
        price = CloudPrice(round(into * NANO_PER_USD), round(out * NANO_PER_USD))
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{value!r} is not two prices such as 0.40/1.20") from error
    if min(into, out) < 0:
        raise click.BadParameter(f"{value!r} has a price below zero")
    return Cloud(f"a cloud at ${into:g} and ${out:g} a million tokens", (price,))


@click.command()
@click.option("--month", callback=_month, metavar="YYYY-MM", help="A month; without any days it is this one.")
@click.option("--since", type=DAY, metavar="DATE", help="The first day.")
@click.option("--until", type=DAY, metavar="DATE", help="The last day; else today.")
@click.option("--by", type=click.Choice(BY), default="endpoint", show_default=True, help="What the rows are.")
@click.option(
    "--format", "format_", type=click.Choice(get_args(Format)), help="Else by the name of --out, or terminal."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="F", help="Write it to this file.")
@click.option("--cloud-price", callback=_cloud, metavar="IN/OUT", help="Compare with this price: $ a million tokens.")
@config_option
@click.pass_obj
def report(
    config: str | None,
    month: Period | None,
    since: datetime | None,
    until: datetime | None,
    by: Dimension,
    format_: Format | None,
    out: Path | None,
    cloud_price: Cloud | None,
) -> None:
    """Report what was spent, where, how fast it was and what came of it. Days are those of UTC."""
    now = datetime.now(UTC)
    period = _period(month, since, until, now.date())
    loaded = layers(config, Path.cwd())
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    accounting = loaded.config.accounting
    with ledger_trouble_said():
        made = make_report(state_dir(), loaded.config, period, now, by, cloud_price)
    chosen = format_ or _format_of(out, accounting.export_format)
    if chosen == "terminal" and out is None:
        _show(made, Console(highlight=False, markup=False))
        return
    text = _text(made, chosen, accounting.aggregation_interval)
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)


def _period(month: Period | None, since: datetime | None, until: datetime | None, today: date) -> Period:
    if month and (since or until):
        raise click.UsageError("--month excludes --since and --until")
    if since is None:
        if until:
            raise click.UsageError("--until needs --since")
        return month or Period.month(f"{today:%Y-%m}")
    last = until.date() if until else max(today, since.date())
    if last < since.date():
        raise click.UsageError("--until is before --since")
    return Period(since.date(), last)


def _format_of(out: Path | None, export_format: Format) -> Format:
    """By the file's name; where that says nothing, what the configuration wants exported."""
    if out is None:
        return "terminal"
    suffixes: dict[str, Format] = {".md": "md", ".html": "html", ".htm": "html", ".csv": "csv", ".json": "json"}
    return suffixes.get(out.suffix.lower(), export_format)


def _text(made: Report, chosen: Format, interval: Interval) -> str:
    """Each format is imported only where it is wanted."""
    if chosen == "html":
        from nearline_server.report.html import render_html

        return render_html(made)
    if chosen == "md":
        from nearline_server.report.markdown import render_markdown

        return render_markdown(made)
    if chosen == "json":
        from nearline_server.report.record import record

        return json.dumps(record(made), ensure_ascii=False, indent=1) + "\n"
    file = io.StringIO(newline="")
    if chosen == "csv":
        write_csv(made.account, interval, file)
    else:
        _show(made, Console(file=file, highlight=False, markup=False, width=120))
    return file.getvalue()


def _show(made: Report, console: Console) -> None:
    from nearline_server.report.terminal import show

    show(made, console)


def _write(path: Path, text: str) -> None:
    try:
        with private_file(path) as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror or error}") from error
    click.echo(str(path))


if sys.platform == "win32":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
