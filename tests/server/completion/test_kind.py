"""What kind a suggestion is of. The cursor is drawn as ║."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.completion.kind import SHORT_CHARS, Kind, kind_of

from .places import drawn

SHORT, LONG = "x" * SHORT_CHARS, "x" * (SHORT_CHARS + 1)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("na║", Kind.WORD_SHORT),
        ("größe_║", Kind.WORD_SHORT),
        ("x1║", Kind.WORD_SHORT),
        ("self.║", Kind.MEMBER_SHORT),
        ("self.na║", Kind.WORD_SHORT),
        ("node->║", Kind.MEMBER_SHORT),
        ("std::║", Kind.MEMBER_SHORT),
        ("║", Kind.LINE_START_SHORT),
        ("    ║", Kind.LINE_START_SHORT),
        ("x = ║", Kind.LINE_REST_SHORT),
        ("f(║)", Kind.LINE_REST_SHORT),
        ("x >║", Kind.LINE_REST_SHORT),
    ],
)
def test_the_text_before_the_cursor_says_where_it_is(line: str, kind: Kind) -> None:
    """In a word, behind a dot or what stands for it, at a line's beginning, or within the line."""
    assert kind_of(drawn(f"import os\n{line}\n"), SHORT) == kind


def test_half_of_all_lines_are_short() -> None:
    """One character more is long."""
    place = drawn("x = ║\n")

    assert (kind_of(place, SHORT), kind_of(place, LONG)) == (Kind.LINE_REST_SHORT, Kind.LINE_REST_LONG)


@pytest.mark.parametrize("text", ["a\n", "\n    pass", "a\r\nb", "a\rb", "\n"])
def test_several_lines_are_a_block(text: str) -> None:
    """Wherever they begin, and however lines end."""
    assert kind_of(drawn("x = ║\n"), text) == Kind.BLOCK


@given(before=st.text(max_size=8), text=st.text(min_size=1, max_size=40))
def test_every_suggestion_is_of_a_kind(before: str, text: str) -> None:
    """Whatever stands before it, and whatever it says."""
    assert kind_of(drawn(f"{before.replace('║', '')}║"), text) in Kind
