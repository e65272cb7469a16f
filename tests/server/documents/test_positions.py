"""Columns as the client counts them, and as the server does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.documents.positions import Encoding, column_of, units_of

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
encodings = st.sampled_from(ENCODINGS)

# One unit, two bytes, three bytes, a surrogate pair, a combining mark.
LINE = st.text(alphabet="aß漢😀\u0301", max_size=20)


@pytest.mark.parametrize(
    ("line", "encoding", "columns"),
    [
        # columns[units] is the code point that a client's column stands before
        ("abc\n", "utf-16", [0, 1, 2, 3]),
        ("abc\n", "utf-8", [0, 1, 2, 3]),
        ("ßx", "utf-8", [0, 0, 1, 2]),
        ("ßx", "utf-16", [0, 1, 2]),
        ("漢字x", "utf-8", [0, 0, 0, 1, 1, 1, 2, 3]),
        ("漢字x", "utf-16", [0, 1, 2, 3]),
        ("a😀b", "utf-8", [0, 1, 1, 1, 1, 2, 3]),
        ("a😀b", "utf-16", [0, 1, 1, 2, 3]),
        ("a😀b", "utf-32", [0, 1, 2, 3]),
        ("e\u0301x", "utf-8", [0, 1, 1, 2, 3]),
        ("e\u0301x", "utf-16", [0, 1, 2, 3]),
        ("👨‍👩‍👧x", "utf-16", [0, 0, 1, 2, 2, 3, 4, 4, 5, 6]),
    ],
)
def test_a_clients_column_is_a_code_point(line: str, encoding: Encoding, columns: list[int]) -> None:
    """Every unit of a character, inside a surrogate pair too, leads to that character's start."""
    assert columns == [column_of(line, units, encoding) for units in range(len(columns))]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("line", ["", "abc", "a😀b", "漢字"])
def test_past_the_end_is_the_end(line: str, encoding: Encoding) -> None:
    """A column that the line does not have is its end."""
    assert len(line) == column_of(line, 1_000_000, encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_before_the_start_is_the_start(encoding: Encoding) -> None:
    """A negative column, which the protocol forbids, is the line's start."""
    assert column_of("a😀b", -3, encoding) == 0


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 8), ("utf-16", 4), ("utf-32", 3)])
def test_a_code_point_is_a_clients_column(encoding: Encoding, units: int) -> None:
    """What stands before the column is counted in the client's units."""
    assert units == units_of("漢a😀b", 3, encoding)


@given(LINE, st.integers(min_value=0, max_value=25), encodings)
def test_there_and_back_is_the_same_column(line: str, column: int, encoding: Encoding) -> None:
    """Every code point of a line survives the way to the client and back."""
    column = min(column, len(line))

    assert column == column_of(line, units_of(line, column, encoding), encoding)


@given(LINE, st.integers(min_value=0, max_value=90), encodings)
def test_back_and_there_never_goes_right(line: str, units: int, encoding: Encoding) -> None:
    """A client's column comes back as itself, or as the start of the character it was inside of, or the end."""
    there_and_back = units_of(line, column_of(line, units, encoding), encoding)

    assert there_and_back <= units
    assert column_of(line, units, encoding) == column_of(line, there_and_back, encoding)
