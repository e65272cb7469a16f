"""What the page shows of windows, the engine and the ledger."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Any
from uuid import uuid4

import psutil
import pytest

from nearline_router.engine.state import EngineState, write_state
from nearline_router.ledger.database import FILE, connect
from nearline_server.dashboard.page import fragment, whole
from nearline_server.dashboard.today import DAY_US
from tests.recorded_ledger import RecordedLedger
from tests.server.answers_summed import SUMMARY

from .asgi import ask
from .conftest import NOW_S, Board, Window

NOW_US = int(NOW_S * 1_000_000)
MINUTE_US = 60_000_000
ENDPOINT = {
    "model": "small", "local": True, "ready": True, "trouble": "", "breaker": "closed", "open_for_s": 0.0,
    "needs_attention": False, "heat": "cool", "heat_reason": "", "in_flight": 0, "prefill_tokens_per_s": None,
    "decode_tokens_per_s": None, "ttft_ms": None,
}  # fmt: skip


async def shown(board: Board) -> str:
    """The page's figures in one line, without tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", fragment(await board.watch.now())).split())


def record(board: Board, *attempts: dict[str, Any]) -> None:
    """Attempts in the ledger, ten minutes ago unless they say another time."""
    with closing(connect(board.state)) as connection:
        ledger = RecordedLedger(connection)
        for columns in attempts:
            at_us = columns.get("opened_us", NOW_US - 10 * MINUTE_US)
            ledger.attempt(at_us, id=uuid4().hex, **columns)


async def test_without_anything_it_says_so(board: Board) -> None:
    """No window, no ledger, no engine."""
    text = await shown(board)

    assert "No editor window runs Nearline." in text
    assert "Nothing was recorded today." in text
    assert "Embedded engine off" in text
    assert "$0.00" in text


async def test_a_window_shows_its_endpoints(board: Board, window: Window) -> None:
    """Breaker, heat, queue, speeds and what went wrong, in words."""
    far = {"local": False, "breaker": "open", "open_for_s": 12.4, "trouble": "HTTP 503"}
    near = {"heat": "warm", "heat_reason": "90 °C", "in_flight": 2, "ttft_ms": 81.7, "prefill_tokens_per_s": 812.0}
    window(completing="near", endpoints={"near": ENDPOINT | near, "far": ENDPOINT | far})
    text = await shown(board)

    assert "completes by near" in text
    assert "near local small yes closed warm: 90 °C 2 812/s – 82 ms $0.00" in text
    assert "far cloud small yes: HTTP 503 open for 12 s cool 0" in text
    assert "In flight 2 queues included, 1 editor window" in text


async def test_a_window_shows_where_the_time_of_its_answers_goes(board: Board, window: Window) -> None:
    """By how they were found as a bar of means, stage by stage, and what kept the late ones."""
    window(endpoints={}, answers=SUMMARY)
    text, page = await shown(board), fragment(await board.watch.now())

    assert "The last 9 answers, from the request's first byte to the reply's last. 7 of 8 came in time (88%)." in text
    assert "Late by what took longest: 1 waiting for an endpoint." in text
    assert "cache 5 0.40 ms 0.80 ms model 4 60 ms 120 ms" in text
    assert "prompt 40 ms / 80 ms other 0.20 ms / 0.40 ms 0.10 ms / 0.20 ms" in text
    assert "Before that, from the edit to the request: 2.0 ms / 4.0 ms." in text
    assert 'aria-label="reading 40 ms, not accounted for 0.10 ms"' in page


@pytest.mark.parametrize("says", [{}, {"answers": {}}, {"answers": {"found": {"model": {}}}}, {"answers": "many"}])
async def test_a_window_without_answers_says_so(board: Board, window: Window, says: dict[str, Any]) -> None:
    """Before the first one, and of another version that tells it otherwise."""
    window(endpoints={}, **says)

    assert "Where the time goes No inline answer yet." in await shown(board)


async def test_where_the_attempts_time_went_is_added_up_over_the_day(board: Board) -> None:
    """By endpoint: queue, on the way, reading, writing; warm-ups, those under way and yesterday's aside."""
    near = {"endpoint": "near", "queued_us": 10_000, "prefill_us": 30_000, "ttft_us": 50_000, "total_us": 90_000}
    record(
        board,
        near | {"opened_us": NOW_US - 60 * MINUTE_US},
        near | {"prefill_us": None, "ttft_us": None},
        near | {"warm_up": 1},
        near | {"total_us": None},
        near | {"opened_us": NOW_US - DAY_US, "total_us": 9_000_000},
        {"endpoint": "far", "queued_us": 0, "prefill_us": None, "ttft_us": 50_000, "total_us": 60_000},
    )
    text, page = await shown(board), fragment(await board.watch.now())

    spreads = "10 ms / 10 ms 90 ms / 90 ms 30 ms / 30 ms 40 ms / 40 ms"
    assert f"near 2 100 ms 100 ms {spreads}" in text
    assert "far 1 60 ms 60 ms – 50 ms / 50 ms – 10 ms / 10 ms" in text
    assert 'aria-label="queued 10 ms, on the way 55 ms, reading 15 ms, writing 20 ms"' in page


async def test_the_last_decision_is_shown_with_its_stages(board: Board, window: Window) -> None:
    """Rule, who was asked, first content as predicted and as it was, the end, and who was excluded."""
    candidates = [{"endpoint": "far", "excluded": "too dear", "predicted_ttft_ms": None, "cost_usd": None}]
    decision = {"rule": "latency", "rationale": "near costs least.", "predicted_ttft_ms": 91.0}
    last = {"task": "complete", "asked": ["near", "far"], "ttft_ms": 83.7, "total_ms": 214.0, "error": ""}
    window(endpoints={}, last=last | {"decision": decision | {"candidates": candidates}})
    text = await shown(board)

    assert "near costs least." in text
    stages = "complete rule latency near asked far asked next 84 ms first content, 91 ms predicted 214 ms end"
    assert stages in text
    assert "far too dear" in text


async def test_a_window_of_another_version_breaks_nothing(board: Board, window: Window) -> None:
    """What it does not say is left out."""
    window(folder=None, endpoints={"near": {}}, last={"task": "complete"})

    assert "near" in await shown(board)


async def test_today_is_added_up_by_endpoint_and_the_cloud_apart(board: Board, window: Window) -> None:
    """Marginal cost of the cloud, full cost of everything; yesterday is another day."""
    record(
        board,
        {"endpoint": "far", "marginal_nano": 40_000_000, "full_nano": 40_000_000},
        {"endpoint": "far", "marginal_nano": None, "full_nano": None},
        {"endpoint": "near", "local": 1, "marginal_nano": 1_000, "full_nano": 9_000_000},
        {"endpoint": "far", "opened_us": NOW_US - DAY_US, "marginal_nano": 7_000_000_000},
    )
    window(endpoints={"far": ENDPOINT | {"local": False}})
    text = await shown(board)

    assert "Spent in the cloud today $0.0400 $0.0490 in full, your machines included; 1 at unknown prices" in text
    assert "Attempts today 3 33% of them local" in text
    assert text.count("$0.0400") == 3


async def test_latencies_are_those_of_the_last_minutes(board: Board) -> None:
    """By endpoint, warm-ups and older ones aside."""
    record(
        board,
        *({"ttft_us": ttft_us} for ttft_us in (100_000, 200_000, 300_000)),
        {"ttft_us": 9_000_000, "opened_us": NOW_US - 16 * MINUTE_US},
        {"ttft_us": 8_000_000, "warm_up": 1},
    )
    text = await shown(board)

    assert "First content 200 ms half of 3 in 15 minutes; 95% within 300 ms" in text
    assert "far 3 200 ms 300 ms" in text


async def test_what_somebody_writes_is_seen_at_the_next_look(board: Board) -> None:
    """The ledger stays open between looks."""
    record(board, {})
    assert "Attempts today 1 " in await shown(board)
    record(board, {})

    assert "Attempts today 2 " in await shown(board)


async def test_a_new_day_begins_at_nothing_without_a_row(board: Board) -> None:
    """Midnight passes while nobody writes."""
    record(board, {})
    assert "Attempts today 1 " in await shown(board)
    board.clock.now_s += 86_400

    assert "Attempts today 0 " in await shown(board)


async def test_a_broken_ledger_is_said_and_the_windows_go_on(board: Board, window: Window) -> None:
    """And once it is whole again its figures come back."""
    window(endpoints={"near": ENDPOINT})
    (board.state / FILE).write_bytes(b"no database" * 1000)
    text = await shown(board)

    assert "The ledger cannot be read" in text
    assert "near local" in text
    (board.state / FILE).unlink()
    record(board, {})
    assert "Attempts today 1 " in await shown(board)


async def test_events_of_today_are_listed(board: Board) -> None:
    """The newest first."""
    with closing(connect(board.state)) as connection, connection:
        rows = [(NOW_US - 2, "far", "breaker", "open", "HTTP 503"), (NOW_US - 1, "near", "heat", "warm", "90 °C")]
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
    text = await shown(board)

    assert text.index("near heat: warm – 90 °C") < text.index("far breaker: open – HTTP 503")


async def test_the_engine_is_shown_without_its_key(board: Board) -> None:
    """Its model's name, not its folder."""
    process = psutil.Process()
    write_state(
        board.runtime,
        EngineState("http://127.0.0.1:1", "its-key", "/models/tiny.gguf", process.pid, process.create_time()),
    )
    page = whole(await board.watch.now())

    assert "tiny.gguf" in page
    assert "its-key" not in page
    assert "/models" not in page


async def test_what_comes_from_outside_is_escaped(board: Board, window: Window) -> None:
    """A folder, an endpoint, a trouble and an outcome may be anything."""
    evil = "<script>alert(1)</script>"
    window(folder=f"/x/{evil}", completing=evil, endpoints={evil: ENDPOINT | {"trouble": evil, "model": evil}})
    record(board, {"endpoint": evil, "task": evil, "error": evil})

    assert evil not in whole(await board.watch.now())


async def test_the_page_needs_nothing_from_elsewhere(board: Board) -> None:
    """No other address in the page, its style or its script; nothing inline that the policy would stop."""
    entered = await ask(board.app, board.entrance)
    texts = [(await ask(board.app, board.folder + name, cookie=entered.cookie)).text
             for name in ("", "live", "dashboard.css", "dashboard.js")]  # fmt: skip

    assert not any("http://" in text or "https://" in text or "//cdn" in text for text in texts)
    assert "<style" not in texts[0]
    assert " style=" not in texts[0]
    assert " on" not in {part[:3] for part in texts[0].split("<script")}


async def test_without_a_script_the_page_comes_again_by_itself(board: Board) -> None:
    """With all figures in it."""
    entered = await ask(board.app, board.entrance)
    page = (await ask(board.app, board.folder, cookie=entered.cookie)).text

    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert "Attempts today" in page
