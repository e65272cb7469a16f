"""The reference design's estimate."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.tokens.words import words

# What JavaScript's \s and Python's have in common.
BLANKS = st.text(" \t\n\r", min_size=1)
WORDS = st.lists(st.text("abc(){}.,é日", min_size=1), min_size=1)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("hello", 2), ("hello world", 3), ("def f(a, b):\n    return a", 7), ("a " * 9 + "a", 13), ("日本語", 2)],
)
def test_known_texts(text: str, tokens: int) -> None:
    """1.3 times the words, rounded up; ten words are 13 tokens and not 14."""
    assert words(text).tokens == tokens


@given(WORDS, st.data())
def test_it_is_the_reference_formula_for_a_text_that_begins_and_ends_with_a_word(
    parts: list[str], data: st.DataObject
) -> None:
    """`Math.ceil(text.split(/\\s+/).length * 1.3)`, to the token."""
    text = parts[0] + "".join(data.draw(BLANKS) + part for part in parts[1:])

    assert words(text).tokens == math.ceil(len(re.split(r"\s+", text)) * 1.3)


@given(WORDS, BLANKS, BLANKS)
def test_white_space_at_the_ends_makes_no_word(parts: list[str], before: str, after: str) -> None:
    """JavaScript's split would count an empty word at either end."""
    text = " ".join(parts)

    assert words(before + text + after) == words(text)


@pytest.mark.parametrize("text", ["", " ", "\n\t \n"])
def test_a_text_without_a_word_has_no_tokens(text: str) -> None:
    """The reference formula would say 2."""
    assert words(text).tokens == 0


def test_the_count_says_that_it_is_a_guess_by_words() -> None:
    """Nobody takes it for a tokenizer's."""
    assert words("hello").source == "words"
