"""The words of a text, by which one is told to be about another."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")


def words_of(text: str) -> set[str]:
    """Each once."""
    return set(_WORD.findall(text))
