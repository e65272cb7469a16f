"""What is learned of a user from what they take, and how long a kind waits for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.completion.kind import Kind
from nearline_server.completion.taking import (
    COMES_AT_ONCE,
    ENOUGH_TRIALS,
    LONGEST_MS,
    MOST_TRIALS,
    SHORTEST_MS,
    Habit,
    Taking,
)

KIND = Kind.WORD_SHORT
ROUNDING = 1e-6
SHARES = st.floats(0, 1)


def somebody(trials: st.SearchStrategy[float]) -> st.SearchStrategy[Taking]:
    """What may be known of a kind after so many trials."""
    return st.builds(lambda trials, share: Taking(trials, trials * share), trials, SHARES)


ANYBODY, KNOWN = somebody(st.floats(0, MOST_TRIALS)), somebody(st.floats(ENOUGH_TRIALS, MOST_TRIALS))


def after(before: Taking, outcomes: list[bool]) -> Taking:
    taking = replace(before)
    for taken in outcomes:
        taking.add(taken)
    return taking


def test_nothing_waits_at_first() -> None:
    """Of a new user nothing is known, of no kind."""
    habit = Habit()

    assert {habit.of(kind).delay_ms for kind in Kind} == {0.0}


@given(st.lists(st.booleans(), max_size=int(ENOUGH_TRIALS) - 1))
def test_a_few_trials_say_nothing(outcomes: list[bool]) -> None:
    """Whatever came of them."""
    assert after(Taking(), outcomes).delay_ms == 0.0


def test_what_is_never_taken_waits_in_the_end() -> None:
    """Once that is no chance any more, and first for about as long as at rest keys are apart."""
    taking = Taking()
    delays = [taking.delay_ms for _ in range(500) if taking.add(False) is None]
    first = next(number for number, delay_ms in enumerate(delays) if delay_ms)

    assert ENOUGH_TRIALS <= first < 2 * ENOUGH_TRIALS
    assert delays[first:] == sorted(delays[first:])
    assert SHORTEST_MS < delays[first] < delays[-1] < LONGEST_MS


@given(ANYBODY)
def test_no_delay_is_out_of_bounds(taking: Taking) -> None:
    """None at all, or the keyboard's rest; a suggestion is never put off for good."""
    assert taking.delay_ms == 0.0 or SHORTEST_MS <= taking.delay_ms <= LONGEST_MS


@given(st.floats(0, MOST_TRIALS), SHARES, SHARES)
def test_who_takes_more_waits_no_longer(trials: float, one: float, other: float) -> None:
    """Of as many trials."""
    less, more = sorted((one * trials, other * trials))

    assert Taking(trials, more).delay_ms <= Taking(trials, less).delay_ms


@given(KNOWN)
def test_a_trial_moves_the_estimate_its_own_way(before: Taking) -> None:
    """Taken up, missed down, and with them the delay, once enough is known."""
    taken, missed = after(before, [True]), after(before, [False])

    assert missed.share - ROUNDING <= before.share <= taken.share + ROUNDING
    assert taken.delay_ms - ROUNDING <= before.delay_ms <= missed.delay_ms + ROUNDING


@given(ANYBODY)
def test_a_kind_wins_its_way_back(before: Taking) -> None:
    """However long it was not taken: a dozen times in a row is enough."""
    assert after(before, [True] * 12).delay_ms == 0.0


@given(ANYBODY, ANYBODY)
def test_what_was_long_ago_hardly_counts(one: Taking, other: Taking) -> None:
    """After 500 further trials two different pasts look the same."""
    later = [False, True] * 250

    assert after(one, later).share == pytest.approx(after(other, later).share, abs=0.01)


def test_a_trial_can_be_corrected() -> None:
    """As if it had been taken at once."""
    taking = after(Taking(), [False] * 40)
    taking.correct()

    assert taking == after(Taking(), [False] * 39 + [True])


def test_kinds_are_learned_apart() -> None:
    """One that is never taken holds no other back."""
    habit = Habit()
    for _ in range(100):
        habit.of(KIND).add(False)

    assert {kind for kind in Kind if habit.of(kind).delay_ms} == {KIND}


def test_what_was_learned_outlives_a_restart() -> None:
    """As plain numbers by kind."""
    habit, again = Habit(), Habit()
    for number in range(100):
        habit.of(KIND).add(number % 20 == 0)
    again.restore(habit.state())

    assert again.of(KIND) == habit.of(KIND)
    assert again.of(KIND).share < COMES_AT_ONCE
    assert set(habit.state()) == set(Kind)


@pytest.mark.parametrize(
    "kept",
    [
        None,
        7,
        {},
        {"trials": "many", "taken": 1},
        {"trials": 10.0},
        {"trials": -1.0, "taken": -1.0},
        {"trials": 10.0, "taken": 11.0},
        {"trials": float("inf"), "taken": 0.0},
        {"trials": float("nan"), "taken": float("nan")},
        {"trials": 1e9, "taken": 0.0},
    ],
)
def test_what_makes_no_sense_begins_anew(kept: Any) -> None:
    """A file that somebody wrote in does not stop suggestions."""
    habit = Habit()
    habit.of(KIND).add(True)
    habit.restore({KIND.value: kept, "of a later version": {"trials": 1.0, "taken": 1.0}})

    assert habit.of(KIND) == Taking()
