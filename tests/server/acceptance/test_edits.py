"""Edits as values: small, in parts, and with the places that they move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.acceptance import edits
from nearline_server.acceptance.edits import Edit, apart, between, common_prefix, common_suffix, edit_of
from nearline_server.documents.buffer import Buffer

from .places import place

TEXTS = st.text("ab\n", max_size=30)


def done(text: str, edit: Edit) -> str:
    """The text after an edit."""
    buffer = Buffer(text)
    buffer.replace(edit.start, edit.end, edit.inserted)
    return buffer.text()


def replacing(text: str, new: str, start: int = 0, end: int | None = None) -> Edit:
    end = len(text) if end is None else end
    return edit_of(Buffer(text), place(text, start), place(text, end), new)


@given(TEXTS, TEXTS, st.data())
def test_an_edit_does_what_was_asked(text: str, new: str, data: st.DataObject) -> None:
    """However much of it stays the same and is left out."""
    end = data.draw(st.integers(0, len(text)))
    start = data.draw(st.integers(0, end))
    edit = replacing(text, new, start, end)

    assert done(text, edit) == text[:start] + new + text[end:]
    assert edit.removed == between(Buffer(text), edit.start, edit.end)
    assert not (edit.removed and edit.inserted and edit.removed[0] == edit.inserted[0])


@given(TEXTS, TEXTS)
def test_the_parts_of_an_edit_do_the_same_one_after_the_other(text: str, new: str) -> None:
    """The last one first, so that the places of the others stay."""
    parts = apart(replacing(text, new))
    result = text
    for part in parts:
        result = done(result, part)

    assert new == result
    assert sorted(parts, key=lambda part: part.start, reverse=True) == parts


def test_only_lines_that_differ_are_parts() -> None:
    """What a formatter sends for the whole document leaves the lines between its changes alone."""
    old = "a=1\nb\nc\nd=4\ne\n"
    parts = apart(replacing(old, "a = 1\nb\nc\nd = 4\ne\n"))

    assert [(part.start, part.removed, part.inserted) for part in parts] == [
        ((3, 1), "=", " = "),
        ((0, 1), "=", " = "),
    ]


def test_a_change_of_too_many_lines_is_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing them would take too long."""
    monkeypatch.setattr(edits, "MOST_LINES", 3)
    edit = replacing("a=1\nb\nc\nd=4", "a = 1\nb\nc\nd = 4")

    assert apart(edit) == [edit]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_texts_compare_equal_whatever_their_line_ends(line_end: str) -> None:
    """A place is a line and a column, so it does not depend on them either."""
    text = line_end.join(("one", "two", "three"))
    buffer = Buffer(text)

    assert between(buffer, (0, 1), (2, 2)) == "ne\ntwo\nth"
    assert edit_of(buffer, (0, 3), (0, 3), line_end + "x").new_end == (1, 1)


def test_what_is_past_the_end_is_the_end() -> None:
    """A place that no longer exists costs nothing and raises nothing."""
    assert between(Buffer("one\ntwo"), (1, 1), (1_000_000_000, 7)) == "wo"
    assert between(Buffer("one"), (5, 1), (5, 3)) == ""


@given(TEXTS, TEXTS)
def test_common_ends_are_as_long_as_they_can_be(one: str, other: str) -> None:
    """Found by halving, which is the same as looking at each character."""
    first = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    expected = min(len(one), len(other)) if first is None else first

    assert common_prefix(one, other) == expected
    assert common_suffix(one[::-1], other[::-1]) == expected
