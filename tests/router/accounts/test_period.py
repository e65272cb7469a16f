"""Days and months in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from nearline_router.accounts.period import Period, day_of, start_us


@pytest.mark.parametrize(("text", "last"), [("2026-11", 30), ("2026-02", 28), ("2028-02", 29), ("2026-12", 31)])
def test_a_month_has_all_its_days(text: str, last: int) -> None:
    """Leap years too."""
    period = Period.month(text)

    assert (period.first.day, period.last.day, period.days, len(list(period))) == (1, last, last, last)


@pytest.mark.parametrize("text", ["2026", "2026-13", "november", "2026-11-02", ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    """With a ValueError."""
    with pytest.raises(ValueError, match=r"month|time data|unconverted"):
        Period.month(text)


@pytest.mark.parametrize(("first", "last", "name"), [
    ("2026-11-01", "2026-11-30", "November 2026"),
    ("2026-11-01", "2026-11-29", "2026-11-01 to 2026-11-29"),
    ("2026-11-05", "2026-11-05", "2026-11-05"),
])  # fmt: skip
def test_a_period_has_a_name(first: str, last: str, name: str) -> None:
    """For the title."""
    assert Period(date.fromisoformat(first), date.fromisoformat(last)).name == name


def test_days_begin_at_midnight_in_utc() -> None:
    """Their last microsecond is theirs."""
    start = start_us(date(2026, 11, 2))

    assert datetime.fromtimestamp(start / 1e6, UTC) == datetime(2026, 11, 2, tzinfo=UTC)
    assert (day_of(start), day_of(start - 1)) == (date(2026, 11, 2), date(2026, 11, 1))
