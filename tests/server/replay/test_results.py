"""What sessions come to together, and how sure a difference is."""

from __future__ import annotations

import json
import math

import pytest

from nearline_server.replay.results import CHARS_PER_TOKEN, LEAST_SESSIONS, Sum, Work, at_percent, difference

from .results import summed


def test_sessions_are_added_up() -> None:
    """Counts, times and work; shares are of the whole, and not means of shares."""
    one = summed("ours", 10, 30)
    record = one.record()

    assert (one.tally.chars, one.tally.keys, one.tally.saved, one.saved_share) == (200, 160, 40, 0.2)
    assert one.work == Work(400, 200, 8.0, 240.0)
    assert one.wasted_tokens == 200 - 42 / CHARS_PER_TOKEN
    assert (record["wrong_share"], record["standing_share"], record["misled_share"]) == (0.25, 0.5, 0.125)
    assert (record["ghost_in_budget_share"], record["requests_in_budget_share"]) == (4 / 160, 0.5)
    assert (record["busy_ms_per_key"], record["evaluated_tokens_per_key"]) == (50.0, 2.5)


def test_the_record_is_json_with_every_session() -> None:
    """And without the text of any suggestion."""
    record = json.loads(json.dumps(summed("ours", 10, 30).record()))

    assert [(each["session"], each["saved"]) for each in record["each"]] == [("0", 10), ("1", 30)]
    assert [value for value in record["each"][0].values() if isinstance(value, str)] == ["0", "python"]


def test_nothing_has_no_shares() -> None:
    """What was never pressed or shown is not 0 % of it."""
    record = Sum("nobody", 150.0, []).record()

    assert (record["saved_share"], record["wrong_share"], record["ghost_p50_ms"]) == (None, None, None)


def test_a_difference_is_of_the_same_sessions() -> None:
    """Pair by pair; a session that only one of them has counts for none."""
    more, low, high = difference(summed("ours", *[30] * 6, 90), summed("peer", *[10] * 6))

    assert (more, low, high) == (0.2, 0.2, 0.2)


def test_an_uncertain_difference_has_a_wide_interval() -> None:
    """One session decides: the interval holds zero, and is the same each time."""
    ours, peer = summed("ours", 50, *[10] * 5), summed("peer", *[10] * 5, 12)
    more, low, high = difference(ours, peer)

    assert low <= 0 < more < high
    assert difference(ours, peer) == (more, low, high)


@pytest.mark.parametrize("sessions", [1, LEAST_SESSIONS - 1])
def test_few_sessions_have_no_interval(sessions: int) -> None:
    """Drawn from two, it would be from the one to the other, and look sure of itself."""
    more, low, high = difference(summed("ours", *[50] * sessions), summed("peer", *[10] * sessions))

    assert more == 0.4
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize(("percent", "value"), [(50, 2.5), (95, 4.0), (25, 1.0)])
def test_a_percentile_is_a_sample_and_a_median_may_be_between_two(percent: int, value: float) -> None:
    """As the other tables have them."""
    assert at_percent([4.0, 1.0, 3.0, 2.0], percent) == value
