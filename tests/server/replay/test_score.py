"""What counts as saved, wrong, flicker: the rules of a replay's figures."""

from __future__ import annotations

import pytest

from nearline_server.replay.score import Tally, Watch, accepted_line, first_line


@pytest.mark.parametrize(
    ("ghost", "line"),
    [
        ("", ""),
        ("abc", "abc"),
        ("abc\ndef", "abc"),
        ("\n    abc\n    def", "\n    abc"),
        ("\n\n    abc", "\n\n    abc"),
        ("\n", "\n"),
    ],
)
def test_a_user_takes_a_line(ghost: str, line: str) -> None:
    """Up to the first line end; one at the beginning belongs to the line that follows."""
    assert first_line(ghost) == line


@pytest.mark.parametrize(
    ("ghost", "ahead", "taken"),
    [
        ("foo(1)", "foo(1)\nbar", "foo(1)"),
        ("foo(", "foo(1)", "foo("),
        ("foo(1)\nwrong", "foo(1)\nbar", "foo(1)"),
        ("foo(2)", "foo(1)", ""),
        ("foo(1) and more", "foo(1)", ""),
        ("fo", "foo", ""),
        ("foo", "", ""),
        ("\n    x = 1", "\n    x = 1\n", "\n    x = 1"),
    ],
)
def test_only_what_the_file_has_next_is_taken(ghost: str, ahead: str, taken: str) -> None:
    """Exactly that, and three characters at least."""
    assert accepted_line(ghost, ahead) == taken


def watch(ahead: str = "abcdef") -> tuple[Watch, Tally]:
    tally = Tally()
    watching = Watch(tally)
    watching.begin(ahead)
    return watching, tally


def test_a_text_that_is_typed_along_is_one_suggestion() -> None:
    """Its rest is shown again after each key, and may have grown meanwhile."""
    watching, tally = watch()
    watching.press(0.0, "a", "bcdef")
    watching.show(0.1, "bcd")
    watching.press(1.0, "b", "cdef")
    watching.show(1.0, "cd")
    watching.show(1.5, "cdef")
    watching.press(2.0, "c", "def")

    assert (tally.shown, tally.wrong, tally.flicker, tally.standing, tally.misled) == (1, 0, 0, 2, 0)


def test_a_wrong_suggestion_is_wrong_once() -> None:
    """However long it stands; the keys at which it stood are counted apart."""
    watching, tally = watch()
    watching.press(0.0, "a", "bcdef")
    watching.show(0.1, "bcX")
    watching.press(1.0, "b", "cdef")
    watching.show(1.0, "cX")
    watching.press(2.0, "c", "def")
    watching.show(2.1, "Y")
    watching.press(3.0, "d", "ef")

    assert (tally.shown, tally.wrong, tally.standing, tally.misled) == (2, 2, 3, 3)


def test_what_is_replaced_without_a_key_flickers() -> None:
    """By other text or by nothing; what grows at its end stays where it is."""
    watching, tally = watch()
    watching.press(0.0, "a", "bcdef")
    for ghost, flicker in (("b", 0), ("bc", 0), ("bX", 1), ("", 2), ("", 2), ("bcd", 2)):
        watching.show(0.1, ghost)
        assert tally.flicker == flicker

    assert (tally.shown, tally.wrong) == (3, 1)


def test_another_text_after_a_key_is_no_flicker() -> None:
    """The user did something, and sees something else."""
    watching, tally = watch()
    watching.press(0.0, "a", "bcdef")
    watching.show(0.1, "XYZ")
    watching.press(1.0, "b", "cdef")
    watching.show(1.1, "cdef")

    assert (tally.flicker, tally.shown, tally.wrong) == (0, 2, 1)


def test_during_a_slip_nothing_is_right() -> None:
    """What follows is a key that takes away."""
    watching, tally = watch()
    watching.press(0.0, "X", "")
    watching.show(0.1, "abcdef")
    watching.press(1.0, "", "abcdef")
    watching.show(1.1, "abcdef")
    watching.press(2.0, "a", "bcdef")

    assert (tally.shown, tally.wrong, tally.misled) == (2, 1, 1)


def test_time_counts_from_the_key_to_the_first_text() -> None:
    """Once for a key, in milliseconds."""
    watching, tally = watch()
    watching.press(10.0, "a", "bcdef")
    watching.show(10.25, "bc")
    watching.show(10.5, "bcd")
    watching.press(11.0, "b", "cdef")

    assert tally.ghost_ms == [250.0]


def test_at_another_place_everything_begins_anew() -> None:
    """What stood where the cursor was is judged, and foretells nothing."""
    watching, tally = watch()
    watching.press(0.0, "a", "bcdef")
    watching.show(0.1, "bX")
    watching.begin("other")

    assert (tally.wrong, watching.ghost) == (1, "")
