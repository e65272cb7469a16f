"""A stretch of whole days in UTC, as the ledger counts them."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last one, both of them included."""

    first: date
    last: date

    @classmethod
    def month(cls, text: str) -> Period:
        """The month of a text like 2026-11. Raises ValueError for any other text."""
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
        return cls(first, first.replace(day=calendar.monthrange(first.year, first.month)[1]))

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def since_us(self) -> int:
        """Its first instant."""
        return start_us(self.first)

    @property
    def until_us(self) -> int:
        """The first instant after it."""
        return start_us(self.last) + DAY_US

    @property
    def name(self) -> str:
        """For a title: "November 2026", else both days."""
        if self == Period.month(f"{self.first:%Y-%m}"):
            return f"{self.first:%B %Y}"
        return f"{self.first} to {self.last}" if self.days > 1 else str(self.first)

    def __iter__(self) -> Iterator[date]:
        """Each day."""
        return (self.first + timedelta(days=number) for number in range(self.days))


def start_us(day: date) -> int:
    """The first instant of a day in UTC, as Unix time in microseconds."""
    return (day - date(1970, 1, 1)).days * DAY_US


def day_of(instant_us: int) -> date:
    """The day of an instant in UTC."""
    return date(1970, 1, 1) + timedelta(days=instant_us // DAY_US)
