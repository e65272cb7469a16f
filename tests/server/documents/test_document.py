"""An open document: what an edit did, where it leaves the cursor, and the place that the typing path sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.completion.place import AFTER_CHARS, BEFORE_CHARS
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document, relative_path

URI = "file:///home/me/code/src/a.py"


def document(text: str) -> Document:
    return Document(URI, "python", 3, Buffer(text))


@pytest.mark.parametrize(
    ("start", "end", "text", "change"),
    [
        ((0, 1), (0, 1), "x", "insert"),
        ((0, 1), (0, 2), "", "delete"),
        ((0, 1), (0, 2), "x", "other"),
        ((0, 0), (1, 0), "", "delete"),
    ],
)
def test_an_edit_says_what_it_did(start: tuple[int, int], end: tuple[int, int], text: str, change: str) -> None:
    """Typing, deleting and replacing are told apart, for the gate."""
    edited = document("abc\ndef")
    edited.edit(start, end, text)

    assert change == edited.last_change


def test_a_new_text_is_neither_typing_nor_deleting() -> None:
    """A whole text from the client replaces all there was."""
    edited = document("abc\ndef")
    edited.overwrite("x")

    assert (edited.buffer.text(), edited.last_change) == ("x", "other")


@pytest.mark.parametrize(
    ("text", "cursor"),
    [("", (0, 1)), ("x", (0, 2)), ("xyz", (0, 4)), ("x\n", (1, 0)), ("x\r\n  ", (1, 2)), ("\r\r", (2, 0))],
)
def test_the_cursor_stands_behind_what_was_typed(text: str, cursor: tuple[int, int]) -> None:
    """The server has no cursor; after an edit it is taken to stand where the typist's does."""
    assert cursor == document("ab\ncd").edit((0, 1), (0, 1), text)


@given(
    st.text(alphabet="a\r\n", max_size=6), st.text(alphabet="b\r\n", max_size=6), st.integers(0, 4), st.integers(0, 4)
)
def test_the_cursor_after_an_edit_exists(text: str, typed: str, line: int, column: int) -> None:
    """However line ends are joined, the cursor is a place of the document."""
    edited = document(text)
    place = edited.buffer.clamp(line, column)
    cursor = edited.edit(place, place, typed)

    assert cursor == edited.buffer.clamp(*cursor)


def test_a_place_shows_both_sides_of_the_cursor() -> None:
    """The typing path sees the text around the cursor and the measure of the whole, and no buffer."""
    place = document("one\ntwo\nthree").place(1, 2, "file:///home/me/code")

    assert (place.before, place.after) == ("one\ntw", "o\nthree")
    assert (place.line_before, place.line_after) == ("tw", "o")
    assert (
        place.path, place.language, place.version, place.document_chars, place.document_lines
    ) == ("src/a.py", "python", 3, 13, 3)  # fmt: skip
    assert place.shows_whole_beginning is True


@pytest.mark.parametrize(("text", "before", "after"), [("ab\r\ncd", "ab", ""), ("ab\rcd", "ab", "")])
def test_the_line_of_a_place_has_no_line_end(text: str, before: str, after: str) -> None:
    """A carriage return is not part of the rest of the line."""
    place = document(text).place(0, 2)

    assert (before, after) == (place.line_before, place.line_after)


def test_a_place_in_a_large_document_shows_a_part_of_it() -> None:
    """The windows are bounded, whatever the document's size, and say that they do not reach its beginning."""
    place = document("x = 1\n" * 50_000).place(25_000, 3)

    assert (len(place.before), len(place.after)) == (BEFORE_CHARS, AFTER_CHARS)
    assert (place.shows_whole_beginning, place.document_chars, place.document_lines) == (False, 300_000, 50_001)


def test_a_place_as_if_more_had_been_typed() -> None:
    """The entry chosen in the suggest widget counts as typed."""
    place = document("ab\ncd").place(1, 1).with_typed("xyz")

    assert (place.before, place.after, place.column) == ("ab\ncxyz", "d", 4)


@pytest.mark.parametrize(
    ("uri", "root", "path"),
    [
        (URI, "file:///home/me/code", "src/a.py"),
        (URI, "file:///home/me/code/", "src/a.py"),
        (URI, "file:///home/me/co", "a.py"),
        (URI, "", "a.py"),
        ("file:///home/me/code/with%20space/%C3%A4.py", "file:///home/me/code", "with space/ä.py"),
        ("file:///c%3A/project/a.py", "", "a.py"),
        ("untitled:Untitled-1", "file:///home/me/code", "Untitled-1"),
        ("git:/home/me/code/a.py?%7B%22ref%22%3A%22HEAD%22%7D", "file:///home/me/code", "a.py"),
        ("file:///", "", "untitled"),
        ("", "", "untitled"),
    ],
)
def test_the_path_is_the_one_in_the_workspace(uri: str, root: str, path: str) -> None:
    """A file of the workspace has its relative path, any other document the name it is given."""
    assert path == relative_path(uri, root)
