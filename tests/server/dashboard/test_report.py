"""The report as the dashboard serves it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from nearline_router.ledger.database import FILE, connect
from tests.recorded_ledger import RecordedLedger

from .asgi import Answer, ask
from .conftest import Board


async def report(board: Board, query: str = "") -> Answer:
    """What it answers to the browser that came in."""
    entered = await ask(board.app, board.entrance)
    return await ask(board.app, f"{board.folder}report{query}", cookie=entered.cookie)


async def test_it_is_the_report_of_this_month(board: Board) -> None:
    """With what was recorded just now."""
    now = datetime.now(UTC)
    with closing(connect(board.state)) as connection:
        RecordedLedger(connection).attempt(now.isoformat(), endpoint="far-away")
    answer = await report(board)

    assert answer.status == 200
    assert f"{now:%B %Y}" in answer.text
    assert "far-away" in answer.text


async def test_another_month_can_be_asked_for(board: Board) -> None:
    """By its number or as the last one."""
    assert "October 2025" in (await report(board, "?month=2025-10")).text


async def test_what_is_no_month_says_so(board: Board) -> None:
    """As a sentence."""
    answer = await report(board, "?month=13")

    assert (answer.status, answer.text) == (400, "A month is written as in 2026-11.")


async def test_a_broken_ledger_is_a_sentence(board: Board) -> None:
    """And no traceback."""
    (board.state / FILE).write_bytes(b"no database" * 1000)
    answer = await report(board)

    assert answer.status == 503
    assert answer.text.startswith("The ledger cannot be read: ")


async def test_its_style_is_its_own_and_nothing_else_may_run_or_load(board: Board) -> None:
    """Its own policy in the page is narrower still."""
    policy = (await report(board)).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
