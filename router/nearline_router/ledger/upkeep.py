"""What is done to the ledger once a day, when nobody waits: days are added up, and rows that grew old are removed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from nearline_router.spending import utc_today

# A start has better things to do.
FIRST_S = 60.0
EVERY_S = 86_400.0
# Reports look at a month; what is older was added up when it was younger, or is added up when it is asked for.
DAYS = 40

log = logging.getLogger("nearline")


async def kept_up(folder: Path, retention_days: Callable[[], int | None]) -> None:
    """Do it until cancelled; None: nothing is recorded now. What cannot be done is left to the next day."""
    await asyncio.sleep(FIRST_S)
    while True:
        if (days := retention_days()) is not None:
            await asyncio.to_thread(keep_up, folder, days)
        await asyncio.sleep(EVERY_S)


def keep_up(folder: Path, retention_days: int) -> None:
    """Add up the days of the last weeks, and prune; for a thread."""
    import sqlite3

    from nearline_router.accounts.aggregates import close_days
    from nearline_router.accounts.period import Period
    from nearline_router.accounts.retention import prune
    from nearline_router.ledger.database import NewerLedger

    today = utc_today()
    try:
        close_days(folder, Period(today - timedelta(days=DAYS), today), today)
        prune(folder, today - timedelta(days=retention_days), today)
    except (NewerLedger, OSError, sqlite3.Error) as error:
        log.info("the ledger's days were not added up: %s", type(error).__name__)
