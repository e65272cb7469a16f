"""A month's report over a million attempts: the first one, which adds the days up, and those that come after it.

Run as a program it makes one report on the ledger of a folder, and prints what that took.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psutil

from nearline_router.accounts.period import DAY_US, Period
from nearline_router.config.models import RouterConfig
from nearline_router.ledger.database import connect
from nearline_server.report.html import render_html
from nearline_server.report.make import make_report
from tests.bench.report import Figures, Row

ATTEMPTS, SUGGESTIONS = 1_000_000, 200_000
MONTH = Period(date(2026, 11, 1), date(2026, 11, 30))
AGAIN = 5
SEED = 1
AIM_S, AIM_MB = "2 s", "200 MB"
# A team of one: three endpoints, some repositories, a few ways to end.
ENDPOINTS = (("studio", "llamacpp", "coder", 1), ("embedded", "llamacpp", None, 1), ("far", "openrouter", "big", 0))
OUTCOMES, OUTCOME_WEIGHTS = ("answered", "cancelled", "cut", "failed"), (60, 36, 2, 2)
TASKS, TASK_WEIGHTS = ("complete", "warm-up", "explain"), (85, 10, 5)
REPOSITORIES, REPOSITORY_WEIGHTS = ("shop", "api", "site", "infra", "notes"), (50, 25, 15, 7, 3)
LANGUAGES, LANGUAGE_WEIGHTS = ("python", "typescript", "sql", "markdown"), (60, 30, 5, 5)


async def measure(folder: Path) -> Figures:
    """The section."""
    state = folder / "million"
    await asyncio.to_thread(_fill, state)
    first, *others = [await _one(state) for _ in range(1 + AGAIN)]
    rows = [
        Row("the first report of the month, in the process", round(first["report_s"], 3), unit="s", aim=AIM_S),
        Row.of("the reports after it", [one["report_s"] for one in others], unit="s", aim=AIM_S),
        Row.of("the whole process, after the first", [one["process_s"] for one in others], unit="s", aim=AIM_S),
        Row("most memory, first report", first["mb"], unit="MB", aim=AIM_MB),
        Row.of("most memory, after it", [one["mb"] for one in others], unit="MB", aim=AIM_MB),
    ]
    size_mb = sum(path.stat().st_size for path in state.glob("ledger.db*")) / 1e6
    notes = [f"{ATTEMPTS:,} attempts and {SUGGESTIONS:,} suggestions in 30 days, {size_mb:.0f} MB; HTML"]
    return Figures("report", rows, notes)


async def _one(state: Path) -> dict[str, float]:
    start_s = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.report_speed", str(state), stdout=PIPE
    )
    printed, _ = await process.communicate()
    told: dict[str, float] = json.loads(printed)
    return told | {"process_s": time.perf_counter() - start_s}


def _fill(state: Path) -> None:
    dice = random.Random(SEED)
    with closing(connect(state)) as connection:
        columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(attempts)")]
        with connection:
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO attempts VALUES ({marks})", _attempts(dice, columns))  # noqa: S608
        with connection:
            names = "id, request, shown_us, language, repository, chars, found, latency_us, accepted_us, accepted_chars"
            connection.executemany(
                f"INSERT INTO suggestions ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                _suggestions(dice),
            )


def _attempts(dice: random.Random, columns: list[str]) -> Iterator[list[Any]]:
    for number in range(ATTEMPTS):
        endpoint, provider, model, local = dice.choices(ENDPOINTS, (70, 20, 10))[0]
        nano = dice.randrange(10**6)
        values = {
            "id": f"a{number}", "request": f"r{number}", "number": 1, "opened_us": _at_us(number, ATTEMPTS),
            "closed_us": 1, "client": "Neovim", "task": dice.choices(TASKS, TASK_WEIGHTS)[0], "warm_up": 0,
            "endpoint": endpoint, "provider": provider, "model": model, "local": local, "rule": "latency",
            "residency": "", "complexity": "routine", "characters": 4000, "max_output_tokens": 32,
            "outcome": dice.choices(OUTCOMES, OUTCOME_WEIGHTS)[0], "error": "", "input_tokens": dice.randrange(4000),
            "cached_tokens": 900, "output_tokens": dice.randrange(40), "input_source": "exact",
            "cached_source": "exact", "output_source": "exact", "ttft_us": round(dice.lognormvariate(11, 0.5)),
            "prefill_us": 30_000, "decode_us": 100_000, "marginal_nano": nano, "full_nano": nano,
            "cost_source": "estimated" if local else "exact", "price_version": "", "energy_uj": 10**7,
            "energy_source": "modelled", "cost_centre": "default",
            "repository": dice.choices(REPOSITORIES, REPOSITORY_WEIGHTS)[0],
            "language": dice.choices(LANGUAGES, LANGUAGE_WEIGHTS)[0],
        }  # fmt: skip
        yield [values.get(name) for name in columns]


def _suggestions(dice: random.Random) -> Iterator[tuple[Any, ...]]:
    every = ATTEMPTS // SUGGESTIONS
    for number in range(SUGGESTIONS):
        accepted = dice.random() < 0.3
        yield (
            f"s{number}", f"r{number * every}", _at_us(number, SUGGESTIONS), "python", "shop", 40, "model", 90_000,
            1 if accepted else None, 40 if accepted else 0,
        )  # fmt: skip


def _at_us(number: int, of: int) -> int:
    return MONTH.since_us + number * MONTH.days * DAY_US // of


def _report(state: Path) -> dict[str, float]:
    start_s = time.perf_counter()
    report = make_report(state, RouterConfig(), MONTH, datetime(2027, 1, 1, tzinfo=UTC), "endpoint")
    assert report.account.usage.attempts == ATTEMPTS
    render_html(report)
    taken_s = time.perf_counter() - start_s
    return {"report_s": taken_s, "mb": round(_most_bytes() / 1e6, 1)}


def _most_bytes() -> int:
    """The most memory that this process ever had."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    print(json.dumps(_report(Path(sys.argv[1]))))
