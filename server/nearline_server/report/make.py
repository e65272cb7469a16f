"""From the ledger to a report."""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from nearline_router.accounts.account import account
from nearline_router.accounts.aggregates import close_days
from nearline_router.accounts.cloud_price import Cloud
from nearline_router.accounts.period import Period
from nearline_router.accounts.tco import compare
from nearline_router.accounts.usage import Dimension
from nearline_router.config.models import RouterConfig
from nearline_router.ledger.database import FILE, connect
from nearline_server.report.basis import basis_of
from nearline_server.report.contents import Report


def make_report(
    folder: Path, config: RouterConfig, period: Period, now: datetime, by: Dimension, cloud: Cloud | None = None
) -> Report:
    """The report on a period; `now` is in UTC. `cloud`: prices to compare with instead of the configured endpoints'.

    Sums of days that are over are kept for the next time. Raises sqlite3.Error, OSError, NewerLedger.
    """
    today = now.date()
    if (folder / FILE).exists():
        # A ledger that cannot be written is read all the same, row by row.
        with contextlib.suppress(sqlite3.OperationalError):
            close_days(folder, period, today)
    basis = basis_of(config)
    with closing(connect(folder, read_only=True)) as connection:
        sums = account(connection, period, today, by)
        cloud = cloud or basis.cloud(connection, sums)
    return Report(sums, compare(sums, basis.owned, cloud, basis.assumed), now, tuple(basis.inversions))
