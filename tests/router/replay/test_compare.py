"""Recorded requests under another configuration: what they would cost, wait for and be seen by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.config import RouterConfig
from nearline_router.replay import Comparison, replayed
from nearline_router.replay.course import Course
from nearline_router.replay.recorded import recorded_requests
from nearline_router.replay.standings import standings
from tests.recorded_ledger import RecordedLedger

SECOND = 1_000_000
NEAR = {"host": "http://127.0.0.1:9", "model": "qwen2.5-coder", "cost_per_mtok": 0.1, "expected_ttft_ms": 80}
FAR = {"provider": "openrouter", "model": "m", "cost_per_mtok": 1.0, "expected_ttft_ms": 300, "role": "both"}
DEAR = FAR | {"model": "dear", "cost_per_mtok": 10.0}


def configured(**values: Any) -> RouterConfig:
    """A configuration without the embedded engine, whose simple work goes where it costs least."""
    values = {"routing_policy": {"complexity_threshold": "complex"}} | values
    return RouterConfig.model_validate({"engine": {"enabled": False, "discover": False}, **values})


def compared(ledger: RecordedLedger, in_force: RouterConfig, other: RouterConfig) -> Comparison:
    """All of a ledger under two configurations."""
    courses = [Course(config, standings(config, {}, ledger.connection)) for config in (in_force, other)]
    return replayed(recorded_requests(ledger.connection, 0, 10**18), *courses)


def test_the_same_configuration_changes_nothing() -> None:
    """No move, and the same sums on both sides."""
    ledger = RecordedLedger()
    for second in range(5):
        ledger.attempt(second * SECOND, task="ask")
    config = configured(endpoints={"far": FAR})
    outcome = compared(ledger, config, config)

    assert (outcome.in_force.requests, outcome.in_force.marginal_nano) == (5, outcome.other.marginal_nano)
    assert not outcome.moves
    assert (outcome.would_stay, outcome.would_leave) == (0, 0)


def test_costs_are_those_of_the_recorded_tokens_at_the_other_price() -> None:
    """(100 + 20) tokens x 2 requests: $0.00024 at $1 a million, ten times that at $10."""
    ledger = RecordedLedger()
    ledger.attempt(0, task="ask")
    ledger.attempt(SECOND, task="ask")
    outcome = compared(ledger, configured(endpoints={"far": FAR}), configured(endpoints={"dear": DEAR}))

    assert outcome.in_force.marginal_nano == 240_000
    assert (outcome.other.marginal_nano, outcome.other.full_nano) == (2_400_000, 2_400_000)
    assert outcome.recorded.marginal_nano == 2_000
    assert outcome.moves == {("far", "dear"): 2}


def test_an_unknown_price_is_counted_and_not_added() -> None:
    """As zero it would look like the cheapest of all."""
    ledger = RecordedLedger()
    ledger.attempt(0, task="ask")
    free = {name: value for name, value in FAR.items() if name != "cost_per_mtok"}
    outcome = compared(ledger, configured(endpoints={"far": FAR}), configured(endpoints={"far": free}))

    assert (outcome.other.unpriced, outcome.other.marginal_nano) == (1, 0)


def test_what_stayed_stays_whatever_the_other_configuration_says() -> None:
    """Its path is not kept, so nobody can say that a looser rule would let it go; without a local endpoint: refused."""
    ledger = RecordedLedger()
    ledger.attempt(0, task="ask", residency="path", endpoint="near", local=1)
    both = configured(endpoints={"near": NEAR | {"cost_per_mtok": 9}, "far": FAR})
    outcome = compared(ledger, both, configured(endpoints={"far": FAR}))

    assert (outcome.in_force.local, outcome.in_force.endpoints) == (1, {"near": 1})
    assert (outcome.other.refused, outcome.other.local) == (1, 0)
    assert outcome.moves == {("near", ""): 1}


@pytest.mark.parametrize("residency", [{"languages": ["python"]}, {"everything": True}])
def test_what_left_and_would_stay_is_counted(residency: dict[str, Any]) -> None:
    """By a rule for its language, or for everything; a rule for a path cannot be tried."""
    ledger = RecordedLedger()
    ledger.attempt(0, task="ask", language="python")
    endpoints = {"near": NEAR | {"cost_per_mtok": 9}, "far": FAR}
    other = configured(endpoints=endpoints, residency=residency)
    outcome = compared(ledger, configured(endpoints=endpoints), other)

    assert (outcome.would_stay, outcome.other.local) == (1, 1)
    assert (outcome.recorded.local, outcome.in_force.local) == (0, 0)


def test_a_history_in_which_nothing_could_leave_was_not_judged() -> None:
    """A router that reaches nobody else does not ask what must stay."""
    ledger = RecordedLedger()
    ledger.attempt(0, endpoint="near", local=1)
    config = configured(endpoints={"near": NEAR})

    assert not compared(ledger, config, config).judged
    ledger.attempt(SECOND, endpoint="far", local=0)
    assert compared(ledger, config, config).judged


def test_requests_that_come_at_once_overflow_from_one_slot_to_the_cloud() -> None:
    """Each takes the one slot for 80 ms and 20 tokens at 30 a second; with two slots the second one stays too."""
    ledger = RecordedLedger()
    for number in range(4):
        ledger.attempt(SECOND + number, budget_us=500_000, endpoint="near", local=1)
    narrow = configured(endpoints={"near": NEAR, "far": FAR})
    wide = configured(endpoints={"near": NEAR | {"max_concurrency": 3}, "far": FAR})
    outcome = compared(ledger, narrow, wide)

    assert (outcome.in_force.endpoints, outcome.in_force.overflow) == ({"near": 1, "far": 3}, 3)
    assert (outcome.other.endpoints, outcome.other.overflow) == ({"near": 3, "far": 1}, 1)
    assert (outcome.in_force.late, outcome.other.late, outcome.other.timed) == (0, 0, 4)


def test_a_request_whose_asker_left_leaves_its_slot() -> None:
    """A keystroke that is overtaken after 10 ms does not keep the next one waiting."""
    ledger = RecordedLedger()
    gone = {"outcome": "cancelled", "ttft_us": None, "total_us": 10_000}
    for number in range(4):
        ledger.attempt(SECOND + number * 20_000, endpoint="near", local=1, **gone)
    config = configured(endpoints={"near": NEAR})
    outcome = compared(ledger, config, config)

    assert outcome.in_force.ttft_ms(0.95) == pytest.approx(80)


def test_a_cap_of_the_day_holds_in_a_replay() -> None:
    """120 + 120 of 300 millionths are spent when the third asks for 164; the next day begins at zero."""
    ledger = RecordedLedger()
    day = 86_400 * SECOND
    for at_us in (0, SECOND, 2 * SECOND, day):
        ledger.attempt(at_us, task="ask")
    capped = configured(endpoints={"far": FAR}, spending={"max_usd_per_day": 0.0003})
    outcome = compared(ledger, configured(endpoints={"far": FAR}), capped)

    assert (outcome.in_force.refused, outcome.other.refused) == (0, 1)


def test_a_budget_of_the_other_configuration_holds_for_its_cost_centre() -> None:
    """At 120 of 300 millionths each, and 164 expected, the third one of the team is refused; December begins anew."""
    ledger = RecordedLedger()
    for time in ("2026-11-02T10:00:00Z", "2026-11-03T10:00:00Z", "2026-11-04T10:00:00Z", "2026-12-01T10:00:00Z"):
        ledger.attempt(time, task="ask", cost_centre="team")
        ledger.attempt(time, task="ask", cost_centre="others")
    budget = {"cost_centre": "team", "per": "month", "hard_usd": 0.0003}
    limited = configured(endpoints={"far": FAR}, accounting={"budgets": [budget]})
    outcome = compared(ledger, configured(endpoints={"far": FAR}), limited)

    assert (outcome.in_force.refused, outcome.other.refused) == (0, 1)


def test_a_pin_holds_where_its_endpoint_is_still_there() -> None:
    """Where it is gone the rules decide."""
    ledger = RecordedLedger()
    ledger.attempt(0, task="ask", endpoint="dear", rule="pinned")
    both = configured(endpoints={"far": FAR, "dear": DEAR})
    outcome = compared(ledger, both, configured(endpoints={"far": FAR}))

    assert outcome.moves == {("dear", "far"): 1}


def test_speeds_are_those_of_the_ledger_where_nothing_else_is_known() -> None:
    """And what was learned of an endpoint and its model comes before them."""
    ledger = RecordedLedger()
    ledger.attempt(0, task="ask", endpoint="far", model="m", ttft_us=123_000)
    config = configured(endpoints={"far": FAR})
    (measured,) = standings(config, {}, ledger.connection)
    (learned,) = standings(config, {"far m": {"speed": {"ttft": 200.0}}}, ledger.connection)

    assert measured.speed.ttft_ms(100, "ask") == pytest.approx(123)
    assert learned.speed.ttft_ms(100, "ask") == pytest.approx(200)


RESIDENCIES = st.lists(st.tuples(st.sampled_from(["", "secret", "path"]), st.booleans()), min_size=1, max_size=8)


@given(RESIDENCIES, st.booleans(), st.sampled_from([0.0, 0.1, 9.0]), st.none() | st.integers(1, 400_000))
def test_nothing_that_had_to_stay_ever_leaves(
    requests: list[tuple[str, bool]], offline: bool, near_usd: float, budget_us: int | None
) -> None:
    """Whatever the other configuration is, and however late or dear the local endpoint."""
    ledger = RecordedLedger()
    for number, (residency, routine) in enumerate(requests):
        task = "complete" if routine else "explain"
        ledger.attempt(number, residency=residency, task=task, local=bool(residency), budget_us=budget_us)
    config = configured(endpoints={"near": NEAR | {"cost_per_mtok": near_usd}, "far": FAR}, offline=offline)
    course = Course(config, standings(config, {}, ledger.connection))
    fates = [(one, course.fate(one)) for one in recorded_requests(ledger.connection, 0, 10**18)]

    assert [one for one, fate in fates if one.residency and fate.left] == []
    assert not offline or not any(fate.left for _, fate in fates)


def typed(ledger: RecordedLedger, keys: int) -> None:
    """A window of 1,000 tokens that is read in 1 s, then keys which read 4 of them in 20 ms; 76 ms is all the rest."""
    for number in range(keys):
        cached, prefill_us = (0, 1_000_000) if number % 20 == 0 else (996, 20_000)
        ledger.attempt(
            (1 + 2 * number) * SECOND, endpoint="near", model="qwen2.5-coder", local=1, input_tokens=1000,
            cached_tokens=cached, prefill_us=prefill_us, decode_us=400_000, ttft_us=prefill_us + 76_000,
            total_us=prefill_us + 476_000, budget_us=150_000,
        )  # fmt: skip


def test_typing_under_the_configuration_in_force_replays_as_it_was_recorded() -> None:
    """With what each key found in the prompt cache, not with the average of keys and new windows."""
    ledger = RecordedLedger()
    typed(ledger, 60)
    config = configured(endpoints={"near": NEAR})
    outcome = compared(ledger, config, config)

    assert outcome.recorded.ttft_ms(0.5) == pytest.approx(96)
    assert outcome.in_force.ttft_ms(0.5) == pytest.approx(96, rel=0.05)
    assert outcome.in_force.ttft_ms(0.99) == pytest.approx(1076, rel=0.05)
    assert outcome.in_force.late == outcome.recorded.late == 3


def test_an_endpoint_that_was_not_asked_finds_what_is_usual_for_the_task() -> None:
    """Nobody knows what it would have had in its cache."""
    ledger = RecordedLedger()
    typed(ledger, 20)
    both = {"near": NEAR, "twin": NEAR | {"cost_per_mtok": 0}}
    learned = {"speed": {"network": 76.0, "prefill": 1000.0, "ttft": 76.0, "anew": {"complete": 0.5}}}
    config = configured(endpoints=both)
    course = Course(config, standings(config, {"twin qwen2.5-coder": learned}, ledger.connection))
    near = {one.profile.id: one for one in standings(config, {}, ledger.connection)}["near"]
    fates = [course.fate(one) for one in recorded_requests(ledger.connection, 0, 10**18)]

    assert near.anew is None
    # The first key's window is new: the twin is predicted to read half of it, the one that was asked all of it.
    assert [(fate.endpoint, round(fate.ttft_ms or 0)) for fate in fates[:2]] == [("twin", 576), ("near", 96)]


def test_a_key_that_was_overtaken_leaves_its_slot_although_it_had_content() -> None:
    """The next one does not wait for the whole of an answer that nobody wanted any more."""
    ledger = RecordedLedger()
    for number in range(4):
        ledger.attempt(
            SECOND + number * 200_000, endpoint="near", local=1, outcome="cancelled", ttft_us=80_000, total_us=150_000
        )
    config = configured(endpoints={"near": NEAR})

    assert compared(ledger, config, config).in_force.ttft_ms(0.95) == pytest.approx(80)
