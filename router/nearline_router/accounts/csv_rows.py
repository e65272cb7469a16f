"""An account as rows of a spreadsheet: one for each day, week or month and each name of a dimension."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from typing import IO, Literal

from nearline_router.accounts.account import Account
from nearline_router.accounts.usage import Usage
from nearline_router.prices.price import NANO_PER_USD

Interval = Literal["daily", "weekly", "monthly"]
UNITS = {"daily": "day", "weekly": "week", "monthly": "month"}
COLUMNS = (
    "attempts", "input_tokens", "cached_tokens", "output_tokens", "attempts_without_tokens",
    "exact_usd", "estimated_usd", "at_least_usd", "full_usd", "marginal_usd", "attempts_without_price",
    "wasted_usd", "energy_wh", "busy_s",
)  # fmt: skip
# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(account: Account, interval: Interval, file: IO[str]) -> None:
    """Write the rows with a line of names over them; a week begins on Monday, and is named by that day.

    Money is in US dollars to the last nano-dollar: the rows add up to the account.
    """
    writer = csv.writer(file)
    writer.writerow((UNITS[interval], account.by.replace("-", "_"), "local", *COLUMNS))
    for (start, name, local), usage in _rows(account, interval).items():
        writer.writerow((start, cell(name), "yes" if local else "no", *_cells(usage)))


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def exact_usd(nano: int) -> str:
    """All of it, as a decimal fraction."""
    sign, whole = ("-", -nano) if nano < 0 else ("", nano)
    return f"{sign}{whole // NANO_PER_USD}.{whole % NANO_PER_USD:09d}"


def _rows(account: Account, interval: Interval) -> dict[tuple[date, str, bool], Usage]:
    rows: dict[tuple[date, str, bool], Usage] = {}
    for day in account.days_by:
        key = _start(day.day, interval), "" if account.by == "day" else day.name, day.local
        rows[key] = rows.get(key, Usage()) + day.usage
    return rows


def _start(day: date, interval: Interval) -> date:
    if interval == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "monthly" else day


def _cells(usage: Usage) -> Iterator[object]:
    yield from (usage.attempts, usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.unknown_tokens)
    parts = (usage.exact_nano, usage.estimated_nano, usage.at_least_nano, usage.full_nano, usage.marginal_nano)
    yield from map(exact_usd, parts)
    yield from (usage.unpriced, exact_usd(usage.wasted_nano))
    yield from (f"{usage.energy_uj / 3.6e9:.6f}", f"{usage.busy_us / 1e6:.6f}")
