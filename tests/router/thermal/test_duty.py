"""Who rests how long at an overheated endpoint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.thermal.duty import LONGEST_ACTION_REST_MS, DutyCycle, rest_ms
from nearline_router.types import Priority
from tests.router.thermal.clock import Clock


@pytest.mark.parametrize(
    ("priority", "rest"),
    [(Priority.TYPING, 0), (Priority.ACTION, 600), (Priority.SPECULATION, 600), (Priority.WARM_UP, 600)],
)
def test_after_work_everything_but_typing_rests_twice_as_long(priority: Priority, rest: float) -> None:
    """A third of the time is left to background work."""
    assert rest_ms(priority, 300) == rest


def test_an_action_never_waits_for_more_than_a_second() -> None:
    """Somebody is looking at it; background work has time."""
    assert rest_ms(Priority.ACTION, 60_000) == LONGEST_ACTION_REST_MS
    assert rest_ms(Priority.WARM_UP, 60_000) == 120_000


def test_who_never_worked_needs_no_rest() -> None:
    """The first request goes in at once."""
    assert DutyCycle(Clock()).wait_ms(Priority.WARM_UP) == 0


def test_the_time_that_has_passed_counts_as_rest() -> None:
    """An endpoint that was idle long enough has rested."""
    clock = Clock()
    duty = DutyCycle(clock)

    duty.worked(1000)
    waits = []
    for _ in range(3):
        waits.append(duty.wait_ms(Priority.WARM_UP))
        clock.now_s += 1.5

    assert waits == pytest.approx([2000, 500, 0])


def test_a_short_piece_of_work_does_not_cut_the_rest_after_a_long_one() -> None:
    """Typing goes on meanwhile, and owes its own small rest."""
    clock = Clock()
    duty = DutyCycle(clock)

    duty.worked(10_000)
    clock.now_s += 1
    duty.worked(100)

    assert duty.wait_ms(Priority.WARM_UP) == pytest.approx(19_000)


@given(st.lists(st.tuples(st.floats(0, 100_000), st.floats(0, 100)), max_size=20))
def test_typing_never_waits_and_an_action_a_second_at_most(history: list[tuple[float, float]]) -> None:
    """Whatever was worked, and whenever."""
    clock = Clock()
    duty = DutyCycle(clock)

    for work_ms, pause_s in history:
        duty.worked(work_ms)

        assert duty.wait_ms(Priority.TYPING) == 0
        assert duty.wait_ms(Priority.ACTION) <= LONGEST_ACTION_REST_MS + 0.001
        clock.now_s += pause_s


@given(st.lists(st.floats(1, 5000), min_size=1, max_size=20))
def test_background_work_that_waits_its_turn_works_a_third_of_the_time(works_ms: list[float]) -> None:
    """Whatever the pieces are."""
    clock = Clock()
    duty, start_s = DutyCycle(clock), clock.now_s

    for work_ms in works_ms:
        clock.now_s += work_ms / 1000
        duty.worked(work_ms)
        clock.now_s += duty.wait_ms(Priority.WARM_UP) / 1000

    assert sum(works_ms) / 1000 == pytest.approx((clock.now_s - start_s) / 3, rel=1e-6)
