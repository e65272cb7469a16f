"""The circuit breaker on a virtual clock: when it opens, who may probe, and what says nothing of an endpoint."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nearline_router.breaker import ATTENTION_S, Breaker, BreakerState, Permit
from nearline_router.config.models import CircuitBreakerConfig
from nearline_router.errors import (
    EndpointBusy,
    EndpointCut,
    EndpointError,
    EndpointMalformed,
    EndpointRefused,
    EndpointSlow,
    EndpointStarting,
    EndpointTooLong,
    EndpointUnauthorized,
    EndpointUnavailable,
)

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
DOWN = EndpointUnavailable("down")


class Clock:
    """Seconds that pass when told."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    """The reference design's: 3 failures, 30 s."""
    return Breaker(CircuitBreakerConfig(), clock)


def permit(breaker: Breaker) -> Permit:
    """Leave to pass, which is expected."""
    given = breaker.enter()
    assert given is not None
    return given


def fail(breaker: Breaker, times: int = 1, error: EndpointError = DOWN) -> None:
    for _ in range(times):
        permit(breaker).failed(error)


def test_three_failures_in_a_row_open_it_for_thirty_seconds(breaker: Breaker, clock: Clock) -> None:
    """The reference design's numbers, and nobody passes until then."""
    fail(breaker, 2)
    assert breaker.state is CLOSED

    fail(breaker)

    assert (breaker.state, breaker.blocked_until_s(clock.now_s)) == (OPEN, 130.0)
    assert breaker.enter() is None


def test_a_success_between_starts_the_count_again(breaker: Breaker) -> None:
    """Only failures in a row count to three."""
    fail(breaker, 2)
    permit(breaker).succeeded()
    fail(breaker, 2)

    assert breaker.state is CLOSED


def test_half_of_the_recent_ones_failing_opens_it_too(breaker: Breaker) -> None:
    """An endpoint that fails every second time never fails three times in a row."""
    for _ in range(5):
        permit(breaker).succeeded()
        fail(breaker)

    assert breaker.state is OPEN


@pytest.mark.parametrize("error", [DOWN, EndpointSlow("slow"), EndpointMalformed("odd"), EndpointCut("cut")])
def test_what_counts_as_a_failure(breaker: Breaker, error: EndpointError) -> None:
    """Away, slow, odd and cut are all reasons to leave it alone."""
    fail(breaker, 3, error)

    assert breaker.state is OPEN


@pytest.mark.parametrize("error", [EndpointRefused("400"), EndpointTooLong("413"), EndpointStarting("loading")])
def test_what_says_nothing_of_the_endpoint(breaker: Breaker, error: EndpointError) -> None:
    """A wrong request is the asker's fault, and who is coming up has not failed."""
    fail(breaker, 10, error)

    assert breaker.state is CLOSED


def test_a_cancel_is_neutral(breaker: Breaker) -> None:
    """Most requests of an editor are cancelled, before the answer or in it."""
    fail(breaker, 2)
    for _ in range(10):
        permit(breaker).abandoned()
    assert breaker.state is CLOSED

    fail(breaker)

    assert breaker.state is OPEN


def test_after_its_time_one_probe_passes_and_no_other(breaker: Breaker, clock: Clock) -> None:
    """The herd waits for the probe's word."""
    fail(breaker, 3)
    clock.now_s += 30

    assert breaker.state is HALF_OPEN
    assert permit(breaker).probe
    assert [breaker.enter() for _ in range(5)] == [None] * 5
    assert breaker.blocked_until_s(clock.now_s) is not None


def test_a_probe_that_ends_well_closes_it(breaker: Breaker, clock: Clock) -> None:
    """And the count starts at nothing."""
    fail(breaker, 3)
    clock.now_s += 30
    permit(breaker).succeeded()
    assert breaker.state is CLOSED

    fail(breaker, 2)

    assert breaker.state is CLOSED


def test_a_probe_that_fails_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    """For as long as before, from now."""
    fail(breaker, 3)
    clock.now_s += 30
    fail(breaker)

    assert breaker.open_until_s == 160.0


def test_a_cancelled_probe_makes_room_for_the_next(breaker: Breaker, clock: Clock) -> None:
    """It has said nothing, so somebody else may ask."""
    fail(breaker, 3)
    clock.now_s += 30
    permit(breaker).abandoned()

    assert permit(breaker).probe


def test_a_lost_probe_does_not_wedge_the_breaker(breaker: Breaker, clock: Clock) -> None:
    """Its leave ends by time."""
    fail(breaker, 3)
    clock.now_s += 30
    lost = permit(breaker)
    clock.now_s += 30

    assert permit(breaker).probe
    lost.succeeded()
    assert breaker.state is HALF_OPEN


def test_a_stream_from_before_does_not_close_it(breaker: Breaker) -> None:
    """It began when the endpoint was well."""
    old = permit(breaker)
    fail(breaker, 3)
    old.succeeded()

    assert breaker.state is OPEN


def test_retry_after_is_honoured_at_once_and_to_the_second(breaker: Breaker, clock: Clock) -> None:
    """One word of the endpoint is enough, whatever the count."""
    fail(breaker, 1, EndpointBusy("429", retry_after_s=7))

    assert breaker.open_until_s == 107.0
    clock.now_s = 107.0
    assert permit(breaker).probe


def test_a_limit_without_a_word_counts_as_a_failure(breaker: Breaker) -> None:
    """There is nothing better to go by."""
    fail(breaker, 3, EndpointBusy("429"))

    assert breaker.state is OPEN


def test_recooling_never_shortens_a_deadline__litellm_40130(breaker: Breaker) -> None:
    """A failure that was on its way when the endpoint asked for ten minutes does not make them thirty seconds."""
    late = [permit(breaker) for _ in range(3)]
    fail(breaker, 1, EndpointBusy("429", retry_after_s=600))
    for one in late:
        one.failed(DOWN)

    assert breaker.open_until_s == 700.0


def test_a_refused_key_needs_a_person_and_makes_no_storm(breaker: Breaker, clock: Clock) -> None:
    """Open at once and for long, with what to say; a change of the configuration tries again."""
    fail(breaker, 1, EndpointUnauthorized("cloud: the key is wrong"))

    assert breaker.attention == "cloud: the key is wrong"
    assert breaker.open_until_s == clock.now_s + ATTENTION_S
    breaker.configure(CircuitBreakerConfig())
    assert (breaker.state, breaker.attention) == (CLOSED, "")


def test_who_is_the_only_one_can_be_asked_though_it_is_open(breaker: Breaker) -> None:
    """As its probe, so that there is still one at most."""
    fail(breaker, 3)

    assert breaker.enter(force=True) is not None
    assert breaker.enter(force=True) is None


def test_each_change_is_told(clock: Clock) -> None:
    """The editor's status follows it."""
    told: list[BreakerState] = []
    breaker = Breaker(CircuitBreakerConfig(), clock, lambda: told.append(breaker.state))
    fail(breaker, 3)
    clock.now_s += 30
    permit(breaker).succeeded()

    assert told == [OPEN, CLOSED]


ERRORS: list[Callable[[], EndpointError]] = [
    lambda: EndpointUnavailable("x"),
    lambda: EndpointSlow("x"),
    lambda: EndpointBusy("x"),
    lambda: EndpointBusy("x", 5.0),
    lambda: EndpointBusy("x", 500.0),
    lambda: EndpointRefused("x"),
    lambda: EndpointUnauthorized("x"),
]


class AnyHistory(RuleBasedStateMachine):
    """Whatever happens: one probe at most, deadlines only move later, and it always opens up again."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.breaker = Breaker(CircuitBreakerConfig(), self.clock)
        self.permits: list[Permit] = []
        self.last_open_until_s: float | None = None

    @rule(force=st.booleans())
    def enter(self, force: bool) -> None:
        if given := self.breaker.enter(force=force):
            live = [one for one in self.permits if one.probe and one is self.breaker._probe]
            assert not (given.probe and live and given not in live)
            self.permits.append(given)

    @precondition(lambda self: self.permits)
    @rule(data=st.data(), error=st.sampled_from(ERRORS))
    def fail(self, data: st.DataObject, error: Callable[[], EndpointError]) -> None:
        self._one(data).failed(error())

    @precondition(lambda self: self.permits)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        self._one(data).succeeded()

    @precondition(lambda self: self.permits)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self._one(data).abandoned()

    @rule(seconds=st.floats(0.1, 1000))
    def time_passes(self, seconds: float) -> None:
        self.clock.now_s += seconds

    @invariant()
    def a_deadline_is_never_shortened(self) -> None:
        until_s = self.breaker.open_until_s
        if until_s is not None and self.last_open_until_s is not None:
            assert until_s >= self.last_open_until_s
        self.last_open_until_s = until_s

    @invariant()
    def only_one_probe_is_live(self) -> None:
        live = [one for one in self.permits if one.probe and one._settle and one is self.breaker._probe]
        assert len(live) <= 1

    @invariant()
    def it_always_opens_up_again(self) -> None:
        before_s = self.clock.now_s
        self.clock.now_s += 10_000
        assert self.breaker.blocked_until_s(self.clock.now_s) is None
        self.clock.now_s = before_s

    def _one(self, data: st.DataObject) -> Permit:
        return self.permits.pop(data.draw(st.integers(0, len(self.permits) - 1)))


TestAnyHistory = AnyHistory.TestCase
