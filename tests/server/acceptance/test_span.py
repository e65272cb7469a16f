"""Accepted text moves with the document, and what of it is still there is counted."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nearline_server.acceptance.edits import between, edit_of
from nearline_server.acceptance.span import MOST_CHARS, Span, edit_distance, kept_share
from nearline_server.documents.buffer import Buffer

from .places import offset, place

WORDS = st.text("abc\n", max_size=12)


@dataclass
class Naive:
    """The document as a string and the span as two offsets in it."""

    text: str
    start: int
    end: int

    def edit(self, start: int, end: int, new: str) -> None:
        """Move the span by the definition: character by character of what was there before."""
        gone = self.start == self.end
        self.text = self.text[:start] + new + self.text[end:]
        first = [at for at in range(self.start, self.end) if not start <= at < end]
        moved = [at if at < start else at + len(new) - (end - start) for at in first]
        reaches_in = start < self.end and end > self.start
        inside = list(range(start, start + len(new))) if reaches_in or (gone and start <= self.start <= end) else []
        every = moved + inside
        if every:
            self.start, self.end = min(every), max(every) + 1
        else:
            self.start = self.end = (
                start if reaches_in or (gone and start <= self.start <= end) else self._after(start, end, new)
            )

    def _after(self, start: int, end: int, new: str) -> int:
        return self.start if self.start < start else self.start + len(new) - (end - start)


@given(st.text("abc\n", min_size=1, max_size=30), st.data())
def test_a_span_is_where_the_definition_says(text: str, data: st.DataObject) -> None:
    """After any edits, whether they are before, in, behind or across it, and as small as they can be made."""
    end = data.draw(st.integers(1, len(text)), "end")
    start = data.draw(st.integers(0, end - 1), "start")
    naive, buffer = Naive(text, start, end), Buffer(text)
    span = Span(place(text, start), place(text, end), text[start:end])
    for _ in range(data.draw(st.integers(1, 8), "edits")):
        last = data.draw(st.integers(0, len(naive.text)), "to")
        first = data.draw(st.integers(0, last), "from")
        edit = edit_of(buffer, place(naive.text, first), place(naive.text, last), data.draw(WORDS, "new"))
        span.follow(edit)
        at = offset(naive.text, edit.start)
        naive.edit(at, at + len(edit.removed), edit.inserted)
        buffer.replace(edit.start, edit.end, edit.inserted)

        assert buffer.text() == naive.text
        assert between(buffer, span.start, span.end) == naive.text[naive.start : naive.end]
        assert (span.start, span.end) == (place(naive.text, naive.start), place(naive.text, naive.end))


@pytest.mark.parametrize(
    ("start", "end", "new", "now"),
    [
        (0, 0, "x = ", "hello world"),
        (4, 4, "x", "hello world"),
        (15, 15, "x", "hello world"),
        (9, 9, "x", "hellox world"),
        (9, 15, "", "hello"),
        (2, 6, "", "llo world"),
        (2, 6, "xy", "xyllo world"),
        (0, 16, "", ""),
        (0, 0, "\n\n", "hello world"),
    ],
)
def test_an_edit_moves_a_span(start: int, end: int, new: str, now: str) -> None:
    """Typing at its borders is not part of it, a replacement that reaches into it is."""
    text = "1 + hello world\n"
    buffer, span = Buffer(text), Span((0, 4), (0, 15), "hello world")
    edit = edit_of(buffer, place(text, start), place(text, end), new)
    span.follow(edit)
    buffer.replace(edit.start, edit.end, edit.inserted)

    assert between(buffer, span.start, span.end) == now


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
@example("", "abc")
@example("abc", "")
def test_the_edit_distance_is_levenshteins(one: str, other: str) -> None:
    """By bit vectors the same as by the table that defines it."""
    row = list(range(len(other) + 1))
    for first, char in enumerate(one, 1):
        above, row = row, [first]
        for second, another in enumerate(other, 1):
            row.append(min(row[-1] + 1, above[second] + 1, above[second - 1] + (char != another)))

    assert edit_distance(one, other) == row[-1]


def test_a_very_long_change_counts_as_gone() -> None:
    """Counting is bounded."""
    assert edit_distance("ab", "b" * (MOST_CHARS + 1)) == MOST_CHARS + 1
    assert kept_share("1234567890" + "a" * MOST_CHARS * 2, "1234567890" + "b" * MOST_CHARS * 2) < 0.01


@pytest.mark.parametrize(
    ("accepted", "now", "share"),
    [
        ("hello world", "hello world", 1.0),
        ("hello world", "", 0.0),
        ("abcdefghij", "abcdefgh", 0.8),
        ("abcdefghij", "xxxxxxxxxx", 0.0),
        ("f(a, b)", "f(a, bc)", 0.875),
        ("hello", "if x:\n    hello\n", 1.0),
        ("x=1", "x = 1", 0.6),
    ],
)
def test_what_is_still_there_is_a_share(accepted: str, now: str, share: float) -> None:
    """1 - edit distance / the longer length; word for word inside more text is all of it."""
    assert kept_share(accepted, now) == pytest.approx(share)
