"""Prompts of every kind as one text and as a length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.tokens.text import characters, text_of
from nearline_router.types import Chat, Infill, Message, Prompt, Snippet

HOLE = Infill("def f(", "a, ", "):\n", path="f.py", language="python")
BESIDE = Infill("def f(", "a, ", "):\n", "f.py", "python", context=(Snippet("g.py", "python", "def g()\n"),))
TALK = Chat("be brief", (Message("user", "why?"), Message("assistant", "because"), Message("user", "oh")))


@pytest.mark.parametrize(("prompt", "length"), [("", 0), ("hello", 5), (HOLE, 12), (BESIDE, 20), (TALK, 8 + 4 + 7 + 2)])
def test_characters_are_those_of_all_pieces(prompt: Prompt, length: int) -> None:
    """The path, the roles and what a template adds are not among them."""
    assert characters(prompt) == length


def test_a_hole_is_read_as_the_document_around_it() -> None:
    """What stands before the cursor and what stands after it are one text: no word is cut at the anchor."""
    assert text_of(HOLE) == "def f(a, ):\n"


def test_other_files_are_read_before_the_hole() -> None:
    """In the order of the prompt."""
    assert text_of(BESIDE) == "def g()\ndef f(a, ):\n"


def test_turns_are_kept_apart() -> None:
    """The last word of one turn and the first of the next are two words."""
    assert text_of(TALK).split() == ["be", "brief", "why?", "because", "oh"]


@given(st.text(), st.text(), st.text())
def test_the_text_of_a_hole_has_as_many_characters_as_are_counted(prefix: str, middle: str, suffix: str) -> None:
    """The length that is learned from and the text that is counted are of the same thing."""
    hole = Infill(prefix, middle, suffix, "a.py", "python")

    assert len(text_of(hole)) == characters(hole)
