"""What an edit makes of a suggestion. The cursor is drawn as ║."""

from __future__ import annotations

import pytest

from nearline_server.completion.kind import kind_of
from nearline_server.completion.place import BEFORE_CHARS
from nearline_server.completion.trial import READ_S, Outcome, Trial, typed_since

from .places import drawn

TEXT = "foo(1)"


def trial(before: str, text: str = TEXT) -> Trial:
    """Shown at 10 s."""
    place = drawn(before)
    return Trial("request", kind_of(place, text), place, text, shown_s=10.0)


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        ("x = f║\n", None),
        ("x = foo(║\n", None),
        ("x = foo(1)║\n", "taken"),
        ("x = g║\n", "missed"),
        ("x = foo(2║\n", "missed"),
        ("x = foo(1)!║\n", "missed"),
        ("x = \n║\n", "missed"),
        ("x =║\n", "neither"),
        ("y = ║\n", "neither"),
        ("x = ║z\n", "neither"),
        ("x = ║\n", None),
    ],
)
def test_the_next_key_says_whether_it_was_wanted(after: str, outcome: Outcome | None) -> None:
    """Typed along, typed to its end, typed otherwise, or edited elsewhere."""
    assert trial("x = ║\n").after(drawn(after), 10.1) == outcome


@pytest.mark.parametrize(
    ("after", "outcome"),
    [("x = ()║\n", None), ("x = []║\n", "missed"), ("x = (2║\n", "missed"), ("x = (1)║\n", "taken")],
)
def test_a_bracket_that_the_editor_closes_is_typed_along(after: str, outcome: Outcome | None) -> None:
    """The user typed the first of the two only."""
    assert trial("x = ║\n", "(1)").after(drawn(after), 10.1) == outcome


def test_who_has_read_it_and_goes_has_missed_it() -> None:
    """Who goes before that says nothing."""
    shown, elsewhere = trial("x = ║\n"), drawn("x =║\n")

    assert (shown.after(elsewhere, 10.0 + READ_S / 2), shown.after(elsewhere, 10.0 + READ_S)) == ("neither", "missed")


def test_what_is_held_back_was_not_read() -> None:
    """However long that takes; but another key shows that it was not wanted."""
    held = trial("x = ║\n")
    held.shown_s = None

    assert (held.after(drawn("x =║\n"), 99.0), held.after(drawn("x = g║\n"), 10.1)) == ("neither", "missed")


def test_another_document_says_nothing() -> None:
    """A file that a tool rewrites meanwhile is no answer."""
    assert trial("x = ║\n").after(drawn("g║\n", uri="file:///project/b.py"), 99.0) is None


@pytest.mark.parametrize(
    ("before", "now", "typed"),
    [
        ("a\nb║\nc", "a\nbxy║\nc", "xy"),
        ("a\nb║\nc", "a\nb\n    d║\nc", "\n    d"),
        ("a\r\nb║\r\nc", "a\r\nb\r\n  d║\r\nc", "\n  d"),
        ("║", "x║", "x"),
        ("║", "\n\nx║", "\n\nx"),
        ("a\nb║\nc", "a║\nc", None),
        ("a\nb║\nc", "a\nb\nc║", None),
        ("a\nb║\nc", "a\nx║\nc", None),
    ],
)
def test_what_was_typed_is_what_stands_between(before: str, now: str, typed: str | None) -> None:
    """Over any number of lines, unless something else changed too."""
    assert typed_since(drawn(before), drawn(now)) == typed


def test_a_long_document_is_compared_near_the_cursor() -> None:
    """What is seen before the cursor moves along with it."""
    above = "a line\n" * BEFORE_CHARS

    assert typed_since(drawn(above + "b║\n"), drawn(above + "b\nc║\n")) == "\nc"
