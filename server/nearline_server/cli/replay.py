"""`nearline replay`: the recorded requests decided again under another configuration, before anybody switches to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from nearline_router.config import RouterConfig
from nearline_router.config.layers import layered
from nearline_router.learned import LearnedStore
from nearline_router.registry.profile import profiles
from nearline_router.replay import Comparison, Summary, replayed
from nearline_router.replay.course import Course
from nearline_router.replay.recorded import recorded_requests
from nearline_router.replay.standings import standings
from nearline_server.cli.moments import since as since_when
from nearline_server.cli.recorded import open_ledger

if TYPE_CHECKING:  # it reads long lists
    from nearline_router.prices.published import Published

MOST_MOVES = 15


@click.command()
@click.option(
    "--config",
    "other",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The other configuration. The one in force is what every command uses.",
)
@click.option("--since", callback=since_when, metavar="WHEN", help="From then on: 12h, 7d, or a date. Else: all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def replay(config: str | None, other: Path, since: datetime | None, as_json: bool) -> None:
    """Decide the recorded requests again under another configuration: cost, waiting, overflow and who sees what.

    Nothing is sent. Every endpoint counts as well and cool. The ledger has no paths and no text: what stayed for
    their sake stays, and a rule of the other configuration that goes by them is not tried.
    """
    since_us = int(since.timestamp() * 1_000_000) if since else 0
    until_us = int(datetime.now(UTC).timestamp() * 1_000_000) + 1
    with open_ledger() as connection:
        courses = _courses(connection, _configured(Path(config) if config else None), _configured(other))
        comparison = replayed(recorded_requests(connection, since_us, until_us), *courses)
    if as_json:
        click.echo(json.dumps(_record(comparison), ensure_ascii=False))
    elif comparison.recorded.requests:
        _show(comparison)
    else:
        click.echo("No request was recorded" + (" since then." if since else "."))


def _configured(path: Path | None) -> RouterConfig:
    loaded = layered(path, None, False)
    if loaded.broken:
        raise click.ClickException("\n".join(str(one) for one in loaded.problems if one.severity == "error"))
    return loaded.config


def _courses(connection: sqlite3.Connection, *configs: RouterConfig) -> list[Course]:
    learned, published = LearnedStore().load(), _published(*configs)
    try:
        return [Course(config, standings(config, learned, connection, published)) for config in configs]
    except ValueError as error:  # a pattern of the residency rules
        raise click.ClickException(str(error)) from error


def _published(*configs: RouterConfig) -> Published | None:
    """The providers' lists, where a price is not configured."""
    far = [profile for config in configs for profile in profiles(config) if not profile.local]
    if all(profile.full.known for profile in far):
        return None
    from nearline_router.prices.published import Published

    return Published()


def _record(comparison: Comparison) -> dict[str, Any]:
    moves = [{"from": one, "to": other, "requests": count} for (one, other), count in comparison.moves.most_common()]
    return {
        "since": _iso(comparison.first_us),
        "until": _iso(comparison.last_us),
        "recorded": _sums(comparison.recorded),
        "in_force": _sums(comparison.in_force),
        "other": _sums(comparison.other),
        "moves": moves,
        "residency": {
            "judged": comparison.judged,
            "would_stay": comparison.would_stay,
            "would_leave": comparison.would_leave,
        },
    }


def _sums(summary: Summary) -> dict[str, Any]:
    names = ("requests", "local", "refused", "overflow", "timed", "late", "unpriced", "marginal_nano", "full_nano")
    times = {"ttft_p50_ms": summary.ttft_ms(0.5), "ttft_p95_ms": summary.ttft_ms(0.95)}
    shares = {"local_share": summary.local_share, "endpoints": dict(summary.endpoints)}
    return {name: getattr(summary, name) for name in names} | times | shares


ROWS: tuple[tuple[str, Callable[[Summary], str]], ...] = (
    ("answered locally", lambda one: "-" if one.local_share is None else f"{one.local_share:.1%}"),
    ("first content, half within", lambda one: _ms(one.ttft_ms(0.5))),
    ("first content, 95% within", lambda one: _ms(one.ttft_ms(0.95))),
    ("late for their deadline", lambda one: f"{one.late:,} of {one.timed:,}"),
    ("overflow to the cloud", lambda one: f"{one.overflow:,}"),
    ("nobody may answer", lambda one: f"{one.refused:,}"),
    ("marginal cost", lambda one: _usd(one.marginal_nano, one.unpriced)),
    ("full cost", lambda one: _usd(one.full_nano, one.unpriced)),
)


def _show(comparison: Comparison) -> None:
    console = Console(highlight=False, markup=False)
    views = (comparison.recorded, comparison.in_force, comparison.other)
    first, last = _iso(comparison.first_us), _iso(comparison.last_us)
    click.echo(f"{comparison.recorded.requests:,} requests, {first} to {last}\n")
    table = Table("", "recorded", "in force (replayed)", "other (replayed)", box=None, pad_edge=False)
    for name, cell in ROWS:
        table.add_row(name, *map(cell, views))
    console.print(table)
    _show_moves(console, comparison)
    for sentence in _residency(comparison):
        click.echo(sentence)


def _show_moves(console: Console, comparison: Comparison) -> None:
    if not comparison.moves:
        click.echo("\nNo request would go elsewhere.\n")
        return
    click.echo(f"\n{comparison.moves.total():,} requests would go elsewhere:")
    table = Table("requests", "in force", "other", box=None, pad_edge=False)
    for (one, other), count in comparison.moves.most_common(MOST_MOVES):
        table.add_row(f"{count:,}", one or "nobody", other or "nobody")
    console.print(table)
    click.echo("")


def _residency(comparison: Comparison) -> list[str]:
    said = [
        f"Residency: {comparison.would_stay:,} that left would have to stay; {comparison.would_leave:,} that the "
        "configuration in force answers locally would leave; none that had to stay leaves."
    ]
    if not comparison.judged:
        said.append(
            "Nothing ever left, and where nothing can, nobody looks whether it must stay: requests that a rule for a "
            "path, a folder or a secret would hold are among those that may leave here."
        )
    return said


def _iso(us: int | None) -> str | None:
    return None if us is None else datetime.fromtimestamp(us / 1e6, UTC).isoformat(timespec="minutes")


def _ms(ms: float | None) -> str:
    return "-" if ms is None else f"{ms:,.0f} ms"


def _usd(nano: int, unpriced: int) -> str:
    return f"${nano / 1e9:,.4f}" + (f" + {unpriced:,} of unknown price" if unpriced else "")
