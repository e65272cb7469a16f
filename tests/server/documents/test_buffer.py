"""An open document as a list of lines: a plain string that is edited the slow way must always agree with it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.documents.buffer import Buffer, content, split_lines

# Every line end, what `str.splitlines` takes for one and the protocol does not, and characters of every width.
TEXT = st.text(alphabet="ab\t\r\n\x0b\x0c\x85\u2028é漢😀", max_size=30)
NUMBER = st.integers(min_value=0, max_value=12)
EDIT = st.tuples(NUMBER, NUMBER, NUMBER, NUMBER, TEXT)


def lines_of(text: str) -> list[str]:
    """The model's lines, each with its end."""
    return re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)


def offset_of(text: str, line: int, column: int) -> int:
    """The model's index of an existing place."""
    return sum(map(len, lines_of(text)[:line])) + column


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("a\nb", ["a\n", "b"]),
        ("a\r\nb\r\n", ["a\r\n", "b\r\n", ""]),
        ("a\rb\r", ["a\r", "b\r", ""]),
        ("\r\r\n\n", ["\r", "\r\n", "\n", ""]),
        ("a\nb\r\nc\rd", ["a\n", "b\r\n", "c\r", "d"]),
    ],
)
def test_lines_end_as_the_protocol_says(text: str, lines: list[str]) -> None:
    """Lines end at a line feed, a carriage return or both together, and the last line is there even when empty."""
    assert lines == split_lines(text)


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\0"])
def test_nothing_else_ends_a_line(separator: str) -> None:
    """Form feeds and Unicode's separators are characters like any other, with and without CRLF in the file."""
    assert [f"a{separator}b"] == split_lines(f"a{separator}b")
    assert [f"a{separator}b\r\n", "c"] == split_lines(f"a{separator}b\r\nc")


@given(TEXT)
def test_the_lines_are_the_text(text: str) -> None:
    """Joined together the lines are what was split, and they are the model's."""
    assert lines_of(text) == split_lines(text)
    assert text == Buffer(text).text()


@pytest.mark.parametrize(("line", "expected"), [("a\n", "a"), ("a\r\n", "a"), ("a\r", "a"), ("a", "a"), ("\n", "")])
def test_content_is_a_line_without_its_end(line: str, expected: str) -> None:
    """Whatever the line ends with is not content."""
    assert expected == content(line)


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("ab\ncd", (0, 1), (0, 1)),
        ("ab\ncd", (0, 9), (0, 2)),
        ("ab\r\ncd", (0, 3), (0, 2)),
        ("ab\rcd", (0, 3), (0, 2)),
        ("ab\ncd", (1, 9), (1, 2)),
        ("ab\ncd", (2, 0), (1, 2)),
        ("ab\n", (7, 7), (1, 0)),
        ("", (0, 0), (0, 0)),
        ("", (3, 3), (0, 0)),
    ],
)
def test_a_place_that_does_not_exist_is_the_nearest_one(
    text: str, place: tuple[int, int], expected: tuple[int, int]
) -> None:
    """Past a line's end is its end, never between CR and LF; past the last line is the document's end."""
    assert expected == Buffer(text).clamp(*place)


def test_a_line_past_the_end_is_empty() -> None:
    """Asking for a line that is not there is no error."""
    assert Buffer("a\nb").line(2) == ""


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "expected"),
    [
        ("abc", (0, 1), (0, 2), "X", "aXc"),
        ("a\nb\nc", (0, 1), (2, 0), "", "ac"),
        ("a\nb", (0, 1), (0, 1), "\n", "a\n\nb"),
        ("a\rb", (1, 0), (1, 0), "\n", "a\r\nb"),
        ("a\rxb", (1, 0), (1, 1), "\n", "a\r\nb"),
        ("a\rx\nb", (1, 0), (1, 1), "", "a\r\nb"),
        ("a\nb", (0, 1), (0, 1), "\r", "a\r\nb"),
        ("a\r\nb", (0, 1), (0, 1), "x\r", "ax\r\r\nb"),
        ("", (0, 0), (0, 0), "a\r\nb", "a\r\nb"),
    ],
)
def test_an_edit_leaves_the_lines_that_a_fresh_split_would(
    text: str, start: tuple[int, int], end: tuple[int, int], new: str, expected: str
) -> None:
    """Line ends that an edit joins or parts are seen as such."""
    buffer = Buffer(text)
    buffer.replace(start, end, new)

    assert expected == buffer.text()
    assert lines_of(expected) == [buffer.line(number) for number in range(buffer.line_count)]


@given(TEXT, st.lists(EDIT, max_size=6))
def test_after_any_edits_the_buffer_is_the_edited_string(
    text: str, edits: list[tuple[int, int, int, int, str]]
) -> None:
    """Lines, length and text are those of a plain string that was edited the same way."""
    buffer = Buffer(text)
    for line, column, other_line, other_column, new in edits:
        start, end = sorted((buffer.clamp(line, column), buffer.clamp(other_line, other_column)))
        left, right = offset_of(text, *start), offset_of(text, *end)
        text = text[:left] + new + text[right:]
        buffer.replace(start, end, new)

        assert lines_of(text) == [buffer.line(number) for number in range(buffer.line_count)]
        assert len(text) == buffer.chars


@given(TEXT, NUMBER, NUMBER, st.integers(min_value=1, max_value=40))
def test_windows_are_what_stands_around_the_place(text: str, line: int, column: int, chars: int) -> None:
    """The windows end and begin at the place and are as long as was asked, or as the document allows."""
    buffer = Buffer(text)
    place = buffer.clamp(line, column)
    at = offset_of(text, *place)

    assert text[:at][-chars:] == buffer.before(*place, chars)
    assert text[at:][:chars] == buffer.after(*place, chars)


def test_an_edit_does_not_touch_the_other_lines() -> None:
    """In a long file the lines that an edit leaves alone are not even copied."""
    buffer = Buffer("x = 1\n" * 50_000)
    above, below = buffer.line(24_999), buffer.line(25_001)
    buffer.replace((25_000, 5), (25_000, 5), "23")

    assert buffer.line(25_000) == "x = 123\n"
    assert (above is buffer.line(24_999), below is buffer.line(25_001)) == (True, True)


def test_half_a_surrogate_pair_is_marked() -> None:
    """Text that cannot be encoded is not kept; what stands for it is as long, so that no position moves."""
    buffer = Buffer("a\ud83db\n")
    buffer.replace((0, 3), (0, 3), "\udc00😀")

    assert buffer.text() == "a\ufffdb\ufffd😀\n"
    assert buffer.chars == 6
    assert [len("\ud83d".encode(codec, "surrogatepass")) for codec in ("utf-8", "utf-16-le", "utf-32-le")] == [
        len("\ufffd".encode(codec)) for codec in ("utf-8", "utf-16-le", "utf-32-le")
    ]
