"""The tables of a report, as text cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nearline_router.accounts.tco import Way
from nearline_router.accounts.usage import Dimension, Group
from nearline_server.report.contents import Report
from nearline_server.report.numbers import UNKNOWN, count, share, short, time, usd

HEADINGS: dict[Dimension, str] = {
    "endpoint": "By endpoint",
    "model": "By model",
    "task": "By task",
    "cost-centre": "By cost centre",
    "repository": "By repository",
    "language": "By language",
    "day": "By day",
    "outcome": "By outcome",
}
# A breaker that flaps for a month fills no page.
MOST_EVENTS = 40


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a heading. The first `texts` columns are words, the others numbers. `note`: how to read it."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    texts: int = 1


def tables(report: Report) -> Iterator[Table]:
    """Those that have rows, the ones asked for first; that of other ways stands by itself."""
    account = report.account
    dimensions: list[Dimension] = [account.by]
    dimensions += [one for one in ("endpoint", "task", "model", "cost-centre", "repository") if one != account.by]
    for dimension in dimensions:
        if dimension == account.by or len(account.groups[dimension]) > 1:
            yield usage_table(HEADINGS[dimension], dimension, account.groups[dimension])
    for table in (latencies(report), ghost_text(report), outcomes(report), events(report)):
        if table.rows:
            yield table


def usage_table(heading: str, dimension: Dimension, groups: Sequence[Group]) -> Table:
    """What each name of a dimension used and cost."""
    columns = (
        dimension.replace("-", " "), "full cost", "to run", "never shown", "attempts", "tokens read", "cached",
        "written",
    )  # fmt: skip
    rows = tuple((group.name or "(none)", *_usage(group)) for group in groups)
    return Table(heading, columns, rows)


def ways_table(report: Report) -> Table:
    """The three ways to have the same traffic."""
    compared = report.comparison
    columns = ("way", "together", "cloud", "hardware", "electricity", "care", "machines")
    if compared is None:
        return Table("", columns, ())
    named = [("as it was", compared.as_it_was), ("all in the cloud", compared.cloud_only)]
    named.append(("all local", compared.local_only))
    notes = [f"Over {compared.days} days, whole machines and not shares of them."]
    if compared.cloud:
        notes.append(
            f"In the cloud at the prices of {compared.cloud}, day by day; what was cached here is cached there."
        )
    if compared.assumed:
        notes.append(f"None of your machines is described; all local assumes {compared.assumed}.")
    return Table("The same traffic in other ways", columns, tuple(_way(*one) for one in named), " ".join(notes))


def latencies(report: Report) -> Table:
    """Time to the first content."""
    rows = tuple(
        (endpoint, task, count(one.count), time(one.p50_us), time(one.p95_us), time(one.p99_us))
        for (endpoint, task), one in report.account.latencies.items()
    )
    return Table("Time to the first content", ("endpoint", "task", "answers", "p50", "p95", "p99"), rows, texts=2)


def ghost_text(report: Report) -> Table:
    """What became of suggestions."""
    columns = ("language", "shown", "in time", "accepted", "whole", "accepted characters", "kept")
    rows = tuple(
        (
            language or "(none)",
            count(one.count),
            share(one.in_budget, one.count),
            share(one.accepted, one.count),
            share(one.whole, one.accepted),
            count(one.accepted_chars),
            share(one.kept_chars, one.looked_chars),
        )
        for language, one in report.account.shown_by_language.items()
    )
    note = "Kept: of the characters that were looked at again, up to 10 minutes later, those that were still there."
    return Table("Ghost text", columns, rows, note)


def outcomes(report: Report) -> Table:
    """How attempts ended."""
    groups = report.account.groups["outcome"]
    whole = report.account.usage.attempts
    rows = tuple(
        (
            group.name,
            count(group.usage.attempts),
            share(group.usage.attempts, whole),
            usd(group.usage.marginal_nano),
            usd(group.usage.wasted_nano),
        )
        for group in groups
    )
    note = (
        "Never shown: lost to the other one of a hedge, left for being slow, failed, or cancelled before it was seen."
    )
    return Table("How attempts ended", ("outcome", "attempts", "share", "to run", "never shown"), rows, note)


def events(report: Report) -> Table:
    """Breakers and heat; the last ones, if there are many."""
    found = report.account.events
    rows = tuple((_instant(one.at_us), one.endpoint, one.kind, one.state, one.reason) for one in found[-MOST_EVENTS:])
    note = f"The last {MOST_EVENTS} of {len(found):,}." if len(found) > MOST_EVENTS else ""
    return Table("Breakers and heat", ("time (UTC)", "endpoint", "what", "state", "reason"), rows, note, texts=5)


def _usage(group: Group) -> Iterator[str]:
    usage = group.usage
    if usage.unpriced == usage.attempts:
        yield from (UNKNOWN, UNKNOWN, UNKNOWN)
    else:
        yield usd(usage.full_nano, usage.at_least)
        yield from (usd(usage.marginal_nano), usd(usage.wasted_nano))
    yield count(usage.attempts)
    yield from map(short, (usage.input_tokens, usage.cached_tokens, usage.output_tokens))


def _way(name: str, way: Way | None) -> tuple[str, ...]:
    if way is None:
        return name, *[UNKNOWN] * 6
    parts = (way.cloud_nano, way.hardware_nano, way.electricity_nano, way.labour_nano)
    return name, usd(way.nano, way.at_least), *map(usd, parts), count(way.machines)


def _instant(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%Y-%m-%d %H:%M:%S}"
