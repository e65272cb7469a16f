"""Traffic that a router has recorded itself: reconciled with a bill, and replayed."""

from __future__ import annotations

import csv
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearline_router.learned import state_dir
from nearline_router.ledger.database import connect
from nearline_router.reconcile import read_export, reconciled
from nearline_router.replay import Comparison, replayed
from nearline_router.replay.course import Course
from nearline_router.replay.recorded import recorded_requests
from nearline_router.replay.standings import standings
from tests.router.routers import REQUEST, SECRET, World, configured, router_in, text

NEAR = {"provider": "openai-compatible", "host": "http://127.0.0.1:1/v1", "model": "small", "cost_per_mtok": 0}
FAR = {"provider": "openrouter", "model": "vendor/big", "cost_per_mtok": 2}
VALUES = {"endpoints": {"near": NEAR, "far": FAR}}


@pytest.fixture
async def bill() -> list[datetime]:
    """When the provider was asked: three explanations went to it, and what must stay did not."""
    router = router_in(World(lambda _: ["word"] * 40), **VALUES)
    asked = []
    for _ in range(3):
        asked.append(datetime.now(UTC))
        await text(router, replace(REQUEST, task="explain"))
    await text(router, replace(SECRET, task="explain"))
    await router.aclose()
    return asked


def as_csv(path: Path, asked: list[datetime]) -> Path:
    """OpenRouter's log of these requests: one token in and 40 out, as the script reports, at $2 a million."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["created_at", "model_permaslug", "tokens_prompt", "tokens_completion", "cost_total"])
        writer.writerows([at.isoformat(), "vendor/big-20260101", 1, 40, "0.000082"] for at in asked)
    return path


async def test_everything_on_the_bill_was_recorded(bill: list[datetime], tmp_path: Path) -> None:
    """Requests, tokens and money; nothing more was recorded as sent to that provider."""
    export = read_export(as_csv(tmp_path / "log.csv", bill))
    with closing(connect(state_dir(), read_only=True)) as connection:
        found = reconciled(export, connection)

    assert found.captured == (1.0, 1.0, 1.0, 1.0)
    assert [line.differs for line in found.lines] == [False, False, False]


def compared(**other: object) -> Comparison:
    """The recorded traffic under the configuration it was recorded with and another one."""
    with closing(connect(state_dir(), read_only=True)) as connection:
        courses = [
            Course(config, standings(config, {}, connection))
            for config in (configured(**VALUES), configured(**{**VALUES, **other}))
        ]
        return replayed(recorded_requests(connection, 0, 10**18), *courses)


@pytest.mark.usefixtures("bill")
async def test_the_same_configuration_decides_as_it_did() -> None:
    """Endpoint by endpoint, and at the same price."""
    outcome = compared()

    assert outcome.recorded.endpoints == outcome.in_force.endpoints == {"far": 3, "near": 1}
    assert outcome.recorded.marginal_nano == outcome.in_force.marginal_nano == 3 * 82_000


@pytest.mark.usefixtures("bill")
async def test_without_the_provider_everything_is_answered_at_home() -> None:
    """And what had to stay is where it was."""
    outcome = compared(offline=True)

    assert outcome.moves == {("far", "near"): 3}
    assert (outcome.other.local, outcome.other.marginal_nano) == (4, 0)
