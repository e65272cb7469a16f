"""The bill against the ledger: capture rates and what differs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from nearline_router.reconcile import Reconciliation, read_export, reconciled
from nearline_router.reconcile.amounts import Amounts
from tests.recorded_ledger import RecordedLedger

LOG = "created_at,model_permaslug,tokens_prompt,tokens_completion,cost_total\n"
DAYS = "date,model,usage,requests,prompt_tokens,completion_tokens\n"

Compare = Callable[[str], Reconciliation]


@pytest.fixture
def ledger() -> RecordedLedger:
    """A ledger without a row."""
    return RecordedLedger()


@pytest.fixture
def compare(ledger: RecordedLedger, tmp_path: Path) -> Compare:
    """`compare(csv)`: that export against the ledger."""

    def compare(text: str) -> Reconciliation:
        path = tmp_path / "export.csv"
        path.write_text(text)
        return reconciled(read_export(path), ledger.connection)

    return compare


def test_days_that_agree_are_captured_whole(ledger: RecordedLedger, compare: Compare) -> None:
    """Two attempts of a day, a fallback of another provider and one at home beside them."""
    for time in ("2026-11-02T00:00:00Z", "2026-11-02T23:59:59.999999Z"):
        ledger.attempt(time, model="m", input_tokens=100, output_tokens=20, full_nano=5_000_000)
    ledger.attempt("2026-11-02T10:00:00Z", provider="anthropic")
    ledger.attempt("2026-11-02T10:00:00Z", provider="openrouter", local=1)
    outcome = compare(DAYS + "2026-11-02,vendor/m,0.01,2,200,40\n")

    assert outcome.captured == (1.0, 1.0, 1.0, 1.0)
    assert not any(line.differs for line in outcome.lines)
    assert outcome.recorded == outcome.billed == Amounts(2, 200, 40, 10_000_000)


def test_too_much_on_one_day_does_not_make_up_for_another(ledger: RecordedLedger, compare: Compare) -> None:
    """Two of the billed four are there, though the ledger has four in all."""
    for hour in (1, 2, 3, 4):
        ledger.attempt(f"2026-11-03T0{hour}:00:00Z", input_tokens=10, output_tokens=1, full_nano=1_000_000)
    outcome = compare(DAYS + "2026-11-02,m,0.002,2,20,2\n2026-11-03,m,0.002,2,20,2\n")

    assert outcome.captured == (0.5, 0.5, 0.5, 0.5)
    assert [line.recorded for line in outcome.lines] == [None, Amounts(4, 40, 4, 4_000_000)]
    assert all(line.differs for line in outcome.lines)


def test_what_was_recorded_and_not_billed_is_a_line(ledger: RecordedLedger, compare: Compare) -> None:
    """Another model on a day of the export; days before and after it are not looked at."""
    ledger.attempt("2026-11-02T10:00:00Z", model="other")
    ledger.attempt("2026-11-01T23:59:59Z", model="m")
    ledger.attempt("2026-11-03T00:00:00Z", model="m")
    outcome = compare(DAYS + "2026-11-02,m,0.002,2,20,2\n")

    assert [(line.model, line.billed is None) for line in outcome.lines] == [("m", False), ("other", True)]
    assert outcome.captured[0] == 0.0


def test_an_attempt_that_failed_uncounted_is_not_expected_on_the_bill(ledger: RecordedLedger, compare: Compare) -> None:
    """One that was counted before it failed is."""
    nothing = {"outcome": "failed", "input_source": "estimated", "output_source": "none", "full_nano": 0}
    ledger.attempt("2026-11-02T10:00:00Z", **nothing)
    ledger.attempt("2026-11-02T11:00:00Z", outcome="failed", input_tokens=10, output_tokens=0, full_nano=1_000)
    outcome = compare(DAYS + "2026-11-02,m,0.000001,1,10,0\n")

    assert outcome.recorded == Amounts(1, 10, 0, 1_000)
    assert not outcome.lines[0].differs


def test_openai_compatible_endpoints_stand_in_where_there_are_no_others(
    ledger: RecordedLedger, compare: Compare
) -> None:
    """Somebody may have configured the provider's address without its name."""
    ledger.attempt("2026-11-02T10:00:00Z", provider="openai-compatible", input_tokens=10, output_tokens=1)

    assert compare(DAYS + "2026-11-02,m,0.000001,1,10,1\n").captured[0] == 1.0
    ledger.attempt("2026-11-02T10:00:00Z", input_tokens=5, output_tokens=1)
    assert compare(DAYS + "2026-11-02,m,0.000001,1,10,1\n").captured[1] == 0.5


def test_requests_find_their_attempt_by_time_model_and_tokens(ledger: RecordedLedger, compare: Compare) -> None:
    """Two at once are told apart by their tokens; a clock may be wrong by half a minute."""
    ledger.attempt("2026-11-02T10:00:00Z", input_tokens=100, output_tokens=20, full_nano=1_000_000)
    ledger.attempt("2026-11-02T10:00:01Z", input_tokens=700, output_tokens=90, full_nano=2_000_000)
    rows = "2026-11-02T10:00:20Z,v/m,700,90,0.002\n2026-11-02T10:00:21Z,v/m,100,20,0.001\n"
    outcome = compare(LOG + rows)

    assert outcome.captured == (1.0, 1.0, 1.0, 1.0)
    assert not any(line.differs for line in outcome.lines)


def test_a_request_without_an_attempt_and_an_attempt_without_a_request_are_lines(
    ledger: RecordedLedger, compare: Compare
) -> None:
    """An attempt is one request at most."""
    ledger.attempt("2026-11-02T10:00:00Z", input_tokens=100, output_tokens=20)
    ledger.attempt("2026-11-02T10:30:00Z", model="m", input_tokens=5, output_tokens=5)
    rows = "".join(f"2026-11-02T{time}Z,m,100,20,0.000001\n" for time in ("10:00:01", "10:00:02", "11:00:00"))
    outcome = compare(LOG + rows)

    sides = [(line.billed is not None, line.recorded is not None) for line in outcome.lines]
    assert sides == [(True, True), (True, False), (False, True), (True, False)]
    assert outcome.captured[0] == pytest.approx(1 / 3)


def test_a_stream_that_took_minutes_is_found_by_its_end(ledger: RecordedLedger, compare: Compare) -> None:
    """A provider may note when a generation ended."""
    ledger.attempt("2026-11-02T10:00:00Z", total_us=240_000_000, input_tokens=1, output_tokens=1)

    assert compare(LOG + "2026-11-02T10:04:05Z,m,1,1,0.000001\n").captured[0] == 1.0


def test_a_bill_that_names_no_model_is_compared_by_day(ledger: RecordedLedger, compare: Compare) -> None:
    """As OpenAI's usage is where nobody asked to group it."""
    seconds = round(datetime.fromisoformat("2026-11-02T00:00:00Z").timestamp())
    ledger.attempt("2026-11-02T10:00:00Z", provider="openai", model="a", input_tokens=10, output_tokens=1)
    ledger.attempt("2026-11-02T11:00:00Z", provider="openai", model="b", input_tokens=20, output_tokens=2)
    outcome = compare(f"start_time,model,num_model_requests,input_tokens,output_tokens\n{seconds},,2,30,3\n")

    assert outcome.captured == (1.0, 1.0, 1.0, None)
    assert len(outcome.lines) == 1


@pytest.mark.parametrize(
    ("recorded_nano", "differs"), [(1_000_000, False), (1_004_000, False), (1_010_000, True), (None, False)]
)
def test_money_may_differ_by_rounding(
    ledger: RecordedLedger, compare: Compare, recorded_nano: int | None, differs: bool
) -> None:
    """Half a percent; an unknown price differs from nothing."""
    prices = {"full_nano": recorded_nano, "marginal_nano": None}
    ledger.attempt("2026-11-02T10:00:00Z", input_tokens=10, output_tokens=1, **prices)

    assert compare(DAYS + "2026-11-02,m,0.001,1,10,1\n").lines[0].differs is differs
