"""Suggestions found again by what surrounds the cursor. The cursor is drawn as ║."""

from __future__ import annotations

import pytest

from nearline_server.completion.memory import HEAD_CHARS, LOOK_BACK_CHARS, REMEMBERED, TAIL_CHARS, Memory, Suggestion
from nearline_server.completion.place import Place
from nearline_server.completion.shape import trim_context

from .places import drawn, typed


def made(place: Place, raw: str, *, running: bool = False, multiline: bool = False) -> Suggestion:
    return Suggestion(place, trim_context(place, multiline), raw, running)


def remainder(memory: Memory, text: str) -> str | None:
    """What is left to show at the drawn place; None when nothing fits there."""
    found = memory.find(drawn(text))
    return found.remainder if found else None


@pytest.fixture
def memory() -> Memory:
    """Knows that `foo(x)` comes next."""
    memory = Memory()
    memory.add(made(drawn("y = ║\nz"), "foo(x)"))
    return memory


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = ║\nz", "foo(x)"),
        ("y = f║\nz", "oo(x)"),
        ("y = foo(║\nz", "x)"),
        ("y = foo(x)║\nz", ""),
    ],
)
def test_what_was_typed_of_a_suggestion_is_not_shown_again(memory: Memory, text: str, expected: str) -> None:
    """A suggestion fits where it was made, and behind every part of it that was typed since."""
    assert expected == remainder(memory, text)


@pytest.mark.parametrize(
    "text",
    ["y = g║\nz", "y = foo(x)!║\nz", "y =║\nz", "y = ║\nzz", "y = f║", "y = f║)\nz", "w\ny = f║\nz", "║"],
)
def test_another_text_on_either_side_does_not_fit(memory: Memory, text: str) -> None:
    """Another character typed, another text before or behind the cursor: nothing is known."""
    assert remainder(memory, text) is None


def test_it_says_what_was_typed(memory: Memory) -> None:
    """A found suggestion tells an exact hit from one that was typed along."""
    exact, along = memory.find(drawn("y = ║\nz")), memory.find(drawn("y = fo║\nz"))
    assert exact is not None
    assert along is not None

    assert (exact.typed, along.typed) == ("", "fo")


def test_another_document_with_the_same_text_is_another_place(memory: Memory) -> None:
    """What was suggested in one file is not shown in its copy."""
    assert memory.find(drawn("y = ║\nz", uri="file:///project/copy.py")) is None


def test_the_nearest_suggestion_wins(memory: Memory) -> None:
    """What was asked for later, with more of the text known, is the better answer."""
    memory.add(made(drawn("y = fo║\nz"), "rty_two"))

    assert remainder(memory, "y = fo║\nz") == "rty_two"
    assert remainder(memory, "y = for║\nz") == "ty_two"
    assert remainder(memory, "y = foo║\nz") == "(x)"


def test_a_new_suggestion_replaces_the_old_one_of_its_place(memory: Memory) -> None:
    """There is one answer for a place."""
    memory.add(made(drawn("y = ║\nz"), "bar"))

    assert remainder(memory, "y = ║\nz") == "bar"


def test_only_what_is_near_the_cursor_has_to_be_the_same() -> None:
    """An edit far above or far below does not make a suggestion worthless."""
    memory = Memory()
    near_before, near_after = "b" * TAIL_CHARS, "a" * HEAD_CHARS
    memory.add(made(drawn(f"old{near_before}║{near_after}old"), "x"))

    assert remainder(memory, f"new{near_before}║{near_after}new") == "x"
    assert remainder(memory, f"old{near_before[1:]}║{near_after}") is None


def test_nobody_types_along_for_ever() -> None:
    """The way back to a suggestion is bounded, and so is the cost of looking."""
    said = ", ".join(map(str, range(100)))
    memory = Memory()
    memory.add(made(drawn("║"), said))

    assert said[LOOK_BACK_CHARS:] == remainder(memory, said[:LOOK_BACK_CHARS] + "║")
    assert remainder(memory, said[: LOOK_BACK_CHARS + 1] + "║") is None


def test_the_least_recently_used_goes_first() -> None:
    """A found suggestion counts as used."""
    memory = Memory()
    for number in range(REMEMBERED):
        memory.add(made(drawn(f"{number} ║"), "x"))
    memory.find(drawn("0 ║"))
    memory.add(made(drawn("one more ║"), "x"))

    assert (remainder(memory, "0 ║"), remainder(memory, "1 ║"), remainder(memory, "2 ║")) == ("x", None, "x")


def test_what_is_forgotten_is_not_found() -> None:
    """One suggestion, or all of a document."""
    memory = Memory()
    one, two = made(drawn("1║"), "x"), made(drawn("2║"), "x")
    other = made(drawn("1║", uri="file:///project/b.py"), "x")
    for suggestion in (one, two, other):
        memory.add(suggestion)
    memory.forget(one)
    assert (remainder(memory, "1║"), remainder(memory, "2║")) == (None, "x")
    memory.forget_document(two.place.uri)

    assert remainder(memory, "2║") is None
    assert memory.find(other.place) is not None


@pytest.mark.parametrize(
    ("raw", "key", "fits"),
    [("", "a", True), ("ab", "a", True), ("ab", "abc", True), ("ab", "b", False), ("ab", "ax", False)],
)
def test_a_running_suggestion_fits_while_it_may_still_continue(raw: str, key: str, fits: bool) -> None:
    """What was typed begins with what the model has said, or the other way round."""
    assert fits is made(drawn("x = ║"), raw, running=True).fits(key)


def test_a_finished_suggestion_fits_only_what_it_says() -> None:
    """Once the model has ended, nothing more will come."""
    suggestion = made(drawn("x = ║"), "ab")

    assert (suggestion.fits("ab"), suggestion.fits("abc")) == (True, False)


def test_a_running_suggestion_that_goes_another_way_shows_nothing() -> None:
    """What the model says after the user has typed something else is never shown as if it had been that."""
    memory = Memory()
    place = drawn("x = ║")
    suggestion = made(place, "", running=True)
    memory.add(suggestion)
    found = memory.find(typed(place, "a"))
    assert found is not None
    suggestion.raw = "beta"

    assert found.remainder == ""
    assert memory.find(typed(place, "a")) is None


def test_the_visible_part_grows_with_the_stream() -> None:
    """It is always the trimmed form of what has been said until now."""
    suggestion = made(drawn("x = ║"), "foo", running=True)
    assert suggestion.visible == "foo"
    suggestion.raw += "(x)\ny = 2"
    assert suggestion.visible == "foo(x)"
    suggestion.running = False

    assert suggestion.visible == "foo(x)"
