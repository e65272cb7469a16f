"""The report for programs: one JSON object, whose shape has a version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nearline_router.accounts.usage import DayUsage, Usage
from nearline_server.report.contents import Report

# A reader may go on with fields that it does not know; one that is renamed, or means something else, is a new version.
VERSION = 1


def record(report: Report) -> dict[str, Any]:
    """Plain values: money in integer nano-dollars (`_nano`), time in microseconds (`_us`), days in ISO 8601 and UTC.

    `usage`, `local` and `far` are sums over attempts, and so is each entry of `by` (dimension, then name) and of
    `days` (by day and the dimension in `days_by`). `full_nano` is the sum of the exact, estimated and at least parts.
    `ways` is null where nothing was recorded, `ways.cloud_only` where no price in the cloud is known.
    """
    account, recorded = report.account, report.account.recorded
    return {
        "version": VERSION,
        "made": report.made.isoformat(timespec="seconds"),
        "period": {"first": str(account.period.first), "last": str(account.period.last)},
        "recorded": recorded and {"first": str(recorded.first), "last": str(recorded.last)},
        "usage": _usage(account.usage),
        "local": _usage(account.local),
        "far": _usage(account.far),
        "by": {
            dimension: {group.name: _usage(group.usage) for group in groups}
            for dimension, groups in account.groups.items()
        },
        "days_by": account.by,
        "days": [_day(day) for day in account.days_by],
        "latencies": [
            {"endpoint": endpoint, "task": task, **asdict(one)} for (endpoint, task), one in account.latencies.items()
        ],
        "answers": asdict(account.answers),
        "suggestions": asdict(account.shown),
        "suggestions_by_language": {name: asdict(one) for name, one in account.shown_by_language.items()},
        "nano_per_kept_1000_characters": account.nano_per_kept_1000,
        "events": [asdict(event) for event in account.events],
        "ways": report.comparison and asdict(report.comparison),
        "sentences": [*report.break_even, *report.warnings],
    }


def _usage(usage: Usage) -> dict[str, int]:
    return asdict(usage) | {"full_nano": usage.full_nano}


def _day(day: DayUsage) -> dict[str, Any]:
    return {"day": str(day.day), "name": day.name, "local": day.local, **_usage(day.usage)}
