"""An export against the ledger: how much of the bill was recorded, and what differs."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nearline_router.reconcile.amounts import Amounts, total
from nearline_router.reconcile.export import Billed, Export
from nearline_router.reconcile.model_names import model_key
from nearline_router.reconcile.pairs import LONGEST_US, TOLERANCE_US, pairs
from nearline_router.reconcile.recorded import Recorded, recorded

DAY = timedelta(days=1)

# A day and a model's key.
Key = tuple[datetime, tuple[str, ...]]
Sums = dict[Key, list[Amounts]]


@dataclass(frozen=True, slots=True)
class Line:
    """A day and model, or one request: what was billed and what was recorded; None: that side has nothing of it."""

    at: datetime
    model: str
    billed: Amounts | None
    recorded: Amounts | None

    @property
    def differs(self) -> bool:
        """Whether the two sides tell different amounts."""
        return self.billed is None or self.recorded is None or self.billed.differs_from(self.recorded)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """An export compared. `lines` are all of it, those that agree too; UTC."""

    export: Export
    lines: tuple[Line, ...]

    @property
    def billed(self) -> Amounts:
        """All of the bill."""
        return total(line.billed for line in self.lines if line.billed)

    @property
    def recorded(self) -> Amounts:
        """All that the ledger has for that time."""
        return total(line.recorded for line in self.lines if line.recorded)

    @property
    def captured(self) -> tuple[float | None, ...]:
        """The share of the bill that the ledger has too, in the order of `Amounts`; None: the export does not tell.

        In each line the smaller of both counts: what one day has too much does not make up for another.
        """
        return tuple(_share(self.lines, number) for number in range(len(Amounts._fields)))


def reconciled(export: Export, connection: sqlite3.Connection) -> Reconciliation:
    """Compare an export with a ledger. Raises sqlite3.Error."""
    first, last = export.rows[0].at, export.rows[-1].at
    provider = export.format.provider
    if not export.format.by_request:
        attempts = recorded(connection, provider, _us(_day(first)), _us(_day(last) + DAY))
        return Reconciliation(export, tuple(_by_day(export.rows, attempts)))
    since_us, until_us = _us(first) - TOLERANCE_US, _us(last) + TOLERANCE_US
    attempts = recorded(connection, provider, since_us - LONGEST_US, until_us)
    under_way = [attempt for attempt in attempts if attempt.closed_us >= since_us]
    return Reconciliation(export, tuple(_by_request(export.rows, under_way)))


def _by_request(rows: Sequence[Billed], attempts: Sequence[Recorded]) -> list[Line]:
    lines = []
    for row, attempt in pairs(rows, attempts):
        either = row or attempt
        if either:
            sides = row.amounts if row else None, attempt.amounts if attempt else None
            lines.append(Line(either.at, either.model, *sides))
    return sorted(lines, key=lambda line: line.at)


def _by_day(rows: Sequence[Billed], attempts: Sequence[Recorded]) -> list[Line]:
    named = any(row.model for row in rows)
    sides: tuple[Sums, Sums] = (defaultdict(list), defaultdict(list))
    names: dict[Key, str] = {}
    entries: tuple[Sequence[Billed | Recorded], ...] = (rows, attempts)
    for side, these in zip(sides, entries, strict=True):
        for entry in these:
            key = _day(entry.at), model_key(entry.model) if named else ()
            side[key].append(entry.amounts)
            names.setdefault(key, entry.model if named else "")
    billed, found = ({key: total(amounts) for key, amounts in side.items()} for side in sides)
    lines = [Line(key[0], name, billed.get(key), found.get(key)) for key, name in names.items()]
    return sorted(lines, key=lambda line: (line.at, line.model))


def _share(lines: Iterable[Line], number: int) -> float | None:
    billed = captured = 0
    for line in lines:
        if line.billed and (amount := line.billed[number]) is not None:
            billed += amount
            captured += min(amount, (line.recorded[number] or 0) if line.recorded else 0)
    return captured / billed if billed else None


def _day(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day, tzinfo=UTC)


def _us(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
