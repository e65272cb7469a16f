"""Percentiles from histograms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.accounts.latency import Latency, latency
from nearline_router.accounts.sums import STEP

from .books import Books


@given(st.lists(st.integers(1, 10**8), min_size=1, max_size=60))
def test_percentiles_are_right_to_two_and_a_half_percent(values_us: list[int]) -> None:
    """Of the smallest value that so many percent do not exceed."""
    buckets: dict[int, int] = {}
    for value in values_us:
        bucket = int(math.log(value) / math.log(STEP))
        buckets[bucket] = buckets.get(bucket, 0) + 1
    found = latency(buckets)

    ordered = sorted(values_us)
    for percent, value in ((50, found.p50_us), (95, found.p95_us), (99, found.p99_us)):
        exact = ordered[math.ceil(len(ordered) * percent / 100) - 1]
        assert value == pytest.approx(exact, abs=0.0251 * exact + 0.5)  # rounded to whole microseconds


def test_latencies_are_by_endpoint_and_task(books: Books) -> None:
    """Those of warm-ups, and of attempts without any content, are none."""
    books.attempt("2026-11-02", ttft_us=100_000)
    books.attempt("2026-11-03", ttft_us=100_000, task="explain")
    books.attempt("2026-11-03", ttft_us=900_000, warm_up=1, task="warm-up")
    books.attempt("2026-11-03", ttft_us=None, task="fix")
    account = books.account()

    assert set(account.latencies) == {("studio", "complete"), ("studio", "explain")}
    assert account.latencies["studio", "complete"].p50_us == pytest.approx(100_000, rel=0.025)
    assert list(account.completion_latencies) == ["2026-11-02"]


def test_one_value_is_every_percentile() -> None:
    """A histogram with one entry."""
    one = round(STEP**100.5)

    assert latency({100: 1}) == Latency(1, one, one, one)
