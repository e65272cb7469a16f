"""Times as people give them to a command."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def since(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """A time: so long ago, or a date or time in ISO 8601; without an offset it is local."""
    try:
        if value and (ago := re.fullmatch(r"(\d{1,6})([mhd])", value)):
            return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        return None if value is None else datetime.fromisoformat(value).astimezone()
    except (ValueError, OverflowError, OSError) as error:  # or a year that the system's clock does not have
        raise click.BadParameter(f"{value!r} is neither like 30m, 12h or 7d nor a date such as 2026-11-23") from error
