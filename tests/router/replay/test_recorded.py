"""Requests out of attempts."""

from __future__ import annotations

from nearline_router.replay.recorded import recorded_requests
from tests.recorded_ledger import RecordedLedger

EVER = 10**18


def test_a_fallback_is_one_request_with_the_costs_of_both() -> None:
    """It began when it was asked, before its queue, and its first content is the second endpoint's."""
    ledger = RecordedLedger()
    ledger.attempt(
        2_000_000, request="r", endpoint="near", local=1, queued_us=500_000, outcome="slow", ttft_us=None,
        total_us=700_000, output_tokens=None, marginal_nano=3, full_nano=9,
    )  # fmt: skip
    ledger.attempt(2_700_000, request="r", number=2, ttft_us=300_000, total_us=400_000, output_tokens=20)
    (one,) = recorded_requests(ledger.connection, 0, EVER)

    assert (one.endpoint, one.far, one.unpriced) == ("near", 1, 0)
    assert (one.asked_us, one.first_us, one.last_us) == (1_500_000, 3_000_000, 3_100_000)
    assert (one.marginal_nano, one.full_nano, one.output_tokens) == (1_003, 1_009, 20)


def test_warm_ups_and_other_times_are_left_out() -> None:
    """The end of a time does not belong to it."""
    ledger = RecordedLedger()
    for at_us in (9, 10, 19, 20):
        ledger.attempt(at_us)
    ledger.attempt(15, warm_up=1)

    assert [one.asked_us for one in recorded_requests(ledger.connection, 10, 20)] == [10, 19]


def test_what_nobody_knows_stays_unknown() -> None:
    """Neither tokens nor money become zero."""
    ledger = RecordedLedger()
    ledger.attempt(1, input_tokens=None, output_tokens=None, marginal_nano=None, full_nano=None, ttft_us=None)
    (one,) = recorded_requests(ledger.connection, 0, EVER)

    assert (one.input_tokens, one.output_tokens, one.marginal_nano, one.unpriced) == (None, None, None, 1)
    assert one.first_us is None


def test_what_was_not_in_the_prompt_cache_is_that_of_the_endpoint_which_was_asked() -> None:
    """A share of its prompt; unknown where it said nothing, and never less than none."""
    ledger = RecordedLedger()
    for number, (read, cached) in enumerate([(100, 75), (100, None), (None, None), (0, 0), (10, 20)]):
        ledger.attempt(number, input_tokens=read, cached_tokens=cached)

    assert [one.anew for one in recorded_requests(ledger.connection, 0, EVER)] == [0.25, None, None, None, 0.0]


def test_who_left_is_known_of_a_request() -> None:
    """One that was answered in full is not among them."""
    ledger = RecordedLedger()
    ledger.attempt(0, outcome="cancelled")
    ledger.attempt(1)

    assert [one.left_early for one in recorded_requests(ledger.connection, 0, EVER)] == [1, 0]
