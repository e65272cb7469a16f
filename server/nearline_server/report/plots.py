"""The plots of a report, each with the numbers behind it as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from nearline_router.accounts.account import Account
from nearline_router.accounts.period import Period
from nearline_router.accounts.usage import Usage
from nearline_router.prices.price import NANO_PER_USD
from nearline_server.report.contents import Report
from nearline_server.report.numbers import share, time, usd
from nearline_server.report.svg import COLOURS, Plot, Series, lines, stacked_bars
from nearline_server.report.svg_rows import stacked_rows
from nearline_server.report.tables import Table, ways_table

WIDE, NARROW = 760, 360
# More bars than this are no longer told apart: a bar is a week then.
MOST_BARS = 62
# Two series of one plot that no kind of colour blindness confuses.
ONE, OTHER = 0, 1


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot in two widths, the names of its colours, and the same as a table."""

    id: str
    title: str
    summary: str
    wide: Markup
    narrow: Markup
    legend: tuple[Series, ...]
    table: Table


def spending(report: Report) -> Figure:
    """Full cost by day, and by the dimension that was asked for."""
    account = report.account
    slots = _slots(account)
    series = tuple(_costs(account, slots))
    by = "endpoint" if account.by == "day" else account.by.replace("-", " ")
    title = f"Cost by {'week' if slots[0].days > 1 else 'day'} and {by}"
    sums = [sum(one.values[number] or 0 for one in series) for number in range(len(slots))]
    most = f"; the most on {slots[sums.index(max(sums))].name}: {_usd(max(sums))}" if len(slots) > 1 else ""
    summary = f"{usd(account.usage.full_nano, account.usage.at_least)} together{most}."
    return _figure("spending", title, summary, slots, series, _usd, stacked_bars)


def local_share(report: Report) -> Figure:
    """How much of the tokens stayed local."""
    account = report.account
    slots = _slots(account)
    values = []
    for slot in slots:
        near, far = (_in(account, slot, local) for local in (True, False))
        tokens = near.tokens + far.tokens
        values.append(near.tokens / tokens if tokens else None)
    whole = share(account.local.tokens, account.usage.tokens)
    series = (Series("stayed local", values, ONE),)
    return _figure(
        "local", "Share of tokens that stayed local", f"{whole} together.", slots, series, _percent, lines, 1
    )


def latency(report: Report) -> Figure:
    """Time to the first content of completions by day."""
    account = report.account
    slots = [Period(day, day) for day in _shown(account)]
    found = [account.completion_latencies.get(str(slot.first)) for slot in slots]
    series = (
        Series("half of them within (p50)", [one.p50_us if one else None for one in found], ONE),
        Series("95 % of them within (p95)", [one.p95_us if one else None for one in found], OTHER),
    )
    days = [one for one in found if one]
    summary = f"On the slowest day 95 % came within {time(max(one.p95_us for one in days))}." if days else "None."
    title = "Completions: time to the first content"
    return _figure("latency", title, summary, slots, series, time, lines)


def ways(report: Report) -> Figure | None:
    """The three ways side by side; None where there is nothing to compare."""
    compared = report.comparison
    if compared is None:
        return None
    named = {"as it was": compared.as_it_was, "all in the cloud": compared.cloud_only, "all local": compared.local_only}
    kinds = {"cloud": "cloud_nano", "hardware": "hardware_nano", "electricity": "electricity_nano"}
    kinds["care"] = "labour_nano"
    series = tuple(
        Series(name, [getattr(way, kind) / NANO_PER_USD if way else None for way in named.values()], number)
        for number, (name, kind) in enumerate(kinds.items())
    )
    labels = [f"{name}, at least" if way and way.at_least else name for name, way in named.items()]
    table = ways_table(report)
    known = "; ".join(f"{name}: {usd(way.nano, way.at_least)}" for name, way in named.items() if way)
    plot = Plot("ways", table.heading, known, labels, series, _usd)
    return Figure(plot.id, plot.title, table.note, stacked_rows(plot, WIDE), stacked_rows(plot, NARROW), series, table)


def _figure(
    id_: str,
    title: str,
    summary: str,
    slots: Sequence[Period],
    series: tuple[Series, ...],
    text: Callable[[float], str],
    draw: Callable[[Plot, int], Markup],
    most: float | None = None,
) -> Figure:
    labels = [f"{slot.first:%b} {slot.first.day}" for slot in slots]
    plot = Plot(id_, title, summary, labels, series, text, most)
    rows = tuple(
        (str(slot.first), *("–" if (value := one.values[number]) is None else text(value) for one in series))
        for number, slot in enumerate(slots)
    )
    columns = ("week of" if any(slot.days > 1 for slot in slots) else "day", *(one.name for one in series))
    return Figure(id_, title, summary, draw(plot, WIDE), draw(plot, NARROW), series, Table(title, columns, rows))


def _shown(account: Account) -> Period:
    """The period; of one that is longer than a plot has room for, the days that there is anything of."""
    long = account.period.days > MOST_BARS
    return account.recorded if long and account.recorded else account.period


def _slots(account: Account) -> list[Period]:
    """What a bar is: a day, or seven of them."""
    period = _shown(account)
    days = 7 if period.days > MOST_BARS else 1
    starts = list(period)[::days]
    return [Period(start, min(period.last, start + timedelta(days=days - 1))) for start in starts]


def _costs(account: Account, slots: Sequence[Period]) -> Iterator[Series]:
    """The dearest names each, the others together."""
    days = account.days if account.by == "day" else account.days_by
    costs: dict[str, dict[date, int]] = {}
    for day in days:
        of_name = costs.setdefault(day.name or "(none)", {})
        of_name[day.day] = of_name.get(day.day, 0) + day.usage.full_nano
    names = sorted(costs, key=lambda name: -sum(costs[name].values()))
    own = names if len(names) <= COLOURS else names[: COLOURS - 1]
    groups = [(name, [name]) for name in own] + [("others", names[len(own) :])] * (len(own) < len(names))
    for number, (name, together) in enumerate(groups):
        values = [
            sum(nano for one in together for day, nano in costs[one].items() if slot.first <= day <= slot.last) / 1e9
            for slot in slots
        ]
        yield Series(name, values, number)


def _in(account: Account, slot: Period, local: bool) -> Usage:
    days = (day.usage for day in account.days if day.local == local and slot.first <= day.day <= slot.last)
    return sum(days, Usage())


def _usd(dollars: float) -> str:
    return usd(round(dollars * 1e9))


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %"
