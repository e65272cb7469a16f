"""What is shown at once and what when the keyboard rests, on a virtual clock. The cursor is drawn as ║."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from nearline_server.completion.kind import Kind
from nearline_server.completion.place import Place
from nearline_server.completion.reveal import Reveal
from nearline_server.completion.taking import LONGEST_MS, SHORTEST_MS, Taking
from nearline_server.completion.trial import READ_S
from tests.virtual_time import VirtualLoop

from .places import drawn, typed

HERE = drawn("x = ║\n")
KIND = Kind.LINE_REST_SHORT


class Window:
    """A client that asks again, a user who takes nothing of `KIND`, and where it was told to ask."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.told: list[Place] = []
        self.reveal = Reveal(self.told.append, self.loop.time)
        self.reveal.client_asks_again = True
        for _ in range(100):
            self.reveal.habit.of(KIND).add(False)

    def close(self) -> None:
        """The end of the test."""
        self.loop.close()

    def shows(self, place: Place = HERE, text: str = "foo", request: str = "r1", **how: Any) -> bool:
        """The answer to a request, which arrives in the event loop."""

        async def ask() -> bool:
            return self.reveal.shows(place, text, request, **how)

        return self.loop.run_until_complete(ask())

    def press(self, place: Place, key: str) -> Place:
        place = typed(place, key)
        self.reveal.changed(place)
        return place

    def rest(self, ms: float) -> None:
        """The keyboard rests for so long."""
        self.loop.run_until_complete(asyncio.sleep(ms / 1000))

    @property
    def outcomes(self) -> list[bool]:
        """Of the only trial since the window was opened, if there was one: whether it was taken."""
        return [
            outcome
            for kind in Kind
            for outcome in (True, False)
            if self.reveal.habit.of(kind) == learned(kind, outcome)
        ]


def learned(kind: Kind, *outcomes: bool) -> Taking:
    taking = Taking()
    for taken in [False] * (100 if kind == KIND else 0) + list(outcomes):
        taking.add(taken)
    return taking


@pytest.fixture
def window() -> Iterator[Window]:
    """A window of its own for each test."""
    with closing(Window()) as window:
        yield window


def test_what_is_hardly_ever_taken_waits_until_the_keyboard_rests(window: Window) -> None:
    """The client is told to ask again, and is answered then."""
    at_once = window.shows()
    window.rest(SHORTEST_MS)
    told_early = list(window.told)
    window.rest(LONGEST_MS - SHORTEST_MS)

    assert (at_once, told_early, window.told) == (False, [], [HERE])
    assert window.shows()


def test_other_kinds_come_at_once(window: Window) -> None:
    """A method behind a dot is not held back for what stands within lines."""
    assert window.shows(drawn("x.║\n"))
    window.rest(LONGEST_MS)

    assert window.told == []


@pytest.mark.parametrize("how", [{"invoked": True}, {"adaptive": False}])
def test_who_asks_for_it_has_it_at_once(window: Window, how: dict[str, bool]) -> None:
    """By hand, or by the setting."""
    assert window.shows(**how)


def test_a_client_that_does_not_ask_again_has_it_at_once(window: Window) -> None:
    """It would never see it otherwise."""
    window.reveal.client_asks_again = False

    assert window.shows()


def test_asking_by_hand_shows_what_is_held_back(window: Window) -> None:
    """And it stays then."""
    assert not window.shows()
    assert window.shows(invoked=True)
    assert window.shows()


def test_what_is_shown_stays_while_the_user_types_along(window: Window) -> None:
    """Whatever kind the rest of it is of."""
    dot = drawn("x.║\n")
    assert window.shows(dot, "foo bar")
    place = dot
    for left in ("oo bar", "o bar", " bar", "bar"):
        place = window.press(place, "foo bar"[-len(left) - 1])
        assert window.shows(place, left)


def test_typing_begins_the_rest_anew(window: Window) -> None:
    """Who types along what is held back is shown it where they stop."""
    window.shows()
    window.rest(SHORTEST_MS - 50)
    place = window.press(HERE, " ")
    assert not window.shows(place, "oo")
    window.rest(SHORTEST_MS)
    assert window.told == []
    window.rest(LONGEST_MS - SHORTEST_MS)

    assert window.told == [place]


def test_the_rest_is_counted_from_the_last_key(window: Window) -> None:
    """An answer that took the model as long comes at once."""
    place = window.press(HERE, "(")
    window.rest(LONGEST_MS)

    assert window.shows(place)


def test_asking_twice_at_one_place_is_told_once(window: Window) -> None:
    """As after a late answer."""
    window.shows()
    window.rest(100)
    assert not window.shows(text="foo(")
    window.rest(LONGEST_MS)

    assert window.told == [HERE]


def test_nobody_is_told_of_a_place_that_was_left(window: Window) -> None:
    """Another key came, or the window closes."""
    window.shows()
    window.press(HERE, "g")
    window.shows(drawn("y = ║\n"), request="r2")
    window.reveal.close()
    window.rest(2 * LONGEST_MS)

    assert window.told == []


@pytest.mark.parametrize("held", [True, False])
def test_another_key_is_a_trial_in_which_it_was_missed(window: Window, held: bool) -> None:
    """However soon it comes, and whether or not anything was shown: else a kind that waits would look better."""
    assert window.shows(adaptive=held) is not held
    window.press(HERE, "g")

    assert window.outcomes == [False]


@pytest.mark.parametrize("held", [True, False])
def test_what_is_typed_to_its_end_was_right(window: Window, held: bool) -> None:
    """And is one trial, however many keys that takes."""
    place = HERE
    for key, left in (("f", "foo"), ("o", "oo"), ("o", "o")):
        window.shows(place, left, adaptive=held)
        place = window.press(place, key)

    assert window.outcomes == [True]


def test_what_is_accepted_is_taken_once(window: Window) -> None:
    """Word by word, told by the edit and by the client, and typed on."""
    window.shows(text="foo bar", adaptive=False)
    window.reveal.taken("r1")
    place = window.press(HERE, "foo")
    window.reveal.taken("r1")
    assert window.shows(place, " bar")
    window.press(place, "g")

    assert window.outcomes == [True]


def test_an_acceptance_that_shows_late_counts_instead(window: Window) -> None:
    """An editor may insert a suggestion otherwise than it was sent, and say so afterwards."""
    window.shows(adaptive=False)
    window.press(HERE, "  foo")
    assert window.outcomes == [False]
    window.reveal.taken("r1")

    assert window.outcomes == [True]


def test_the_acceptance_of_another_suggestion_says_nothing_of_this_one(window: Window) -> None:
    """It is over and counted."""
    window.shows(adaptive=False)
    window.reveal.taken("r0")

    assert window.outcomes == []


@pytest.mark.parametrize(("stood_s", "outcomes"), [(READ_S - 0.1, []), (READ_S + 0.1, [False])])
def test_what_stood_long_enough_to_be_read_was_missed(window: Window, stood_s: float, outcomes: list[bool]) -> None:
    """When the user asks elsewhere; what stood shorter says nothing."""
    window.shows(adaptive=False)
    window.rest(stood_s * 1000)
    window.shows(drawn("import os\ny = ║\n"), request="r2")

    assert window.outcomes == outcomes


def test_what_was_asked_for_by_hand_is_no_trial(window: Window) -> None:
    """It shows what the user wants there by hand."""
    window.shows(invoked=True)
    window.reveal.taken("r1")
    window.shows(request="r2", invoked=True)
    window.press(HERE, "g")

    assert window.outcomes == []


def test_a_kind_that_is_taken_at_rest_comes_at_once_again(window: Window) -> None:
    """What waits is still shown, and so can win its way back."""
    tries = 0
    while not window.shows(request=f"r{tries}"):
        window.rest(LONGEST_MS)
        assert window.shows(request=f"r{tries}")
        window.reveal.taken(f"r{tries}")
        window.press(drawn("x =║\n"), " ")
        tries += 1

    assert 0 < tries < 15
