"""The cursor and what stands around it on its line."""

from __future__ import annotations

import pytest

from nearline_server.completion.place import BEFORE_CHARS

from .places import drawn


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("║", "", ""),
        ("a║b", "a", "b"),
        ("x\na║b\ny", "a", "b"),
        ("x\r\na║b\r\ny", "a", "b"),
        ("x\ra║b\ry", "a", "b"),
        ("x\n║", "", ""),
        ("x\x0ca║b\u2028y", "x\x0ca", "b\u2028y"),
    ],
)
def test_the_cursors_line_on_either_side(text: str, before: str, after: str) -> None:
    """Only line ends of the protocol bound the line, and they are not part of it."""
    place = drawn(text)

    assert (before, after) == (place.line_before, place.line_after)


@pytest.mark.parametrize(("chars", "whole"), [(0, True), (BEFORE_CHARS - 1, True), (BEFORE_CHARS + 1, False)])
def test_it_says_whether_the_documents_beginning_is_in_sight(chars: int, whole: bool) -> None:
    """A window that is full may have left something out."""
    assert whole is drawn("x" * chars + "║").shows_whole_beginning


def test_what_is_taken_as_typed_stands_before_the_cursor() -> None:
    """The place moves on, the text behind it does not."""
    place = drawn("a║b\n").with_typed("xy")

    assert (place.before, place.after, place.line, place.column) == ("axy", "b\n", 0, 3)
