"""Brackets outside strings, and those without a partner. No parser: a suggestion is rarely whole code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

OPENERS = "([{"
CLOSERS = ")]}"
_PAIRS = dict(zip(CLOSERS, OPENERS, strict=True))

# Brackets, and the strings in which they are only text. An unclosed " lasts until the end of its line; an
# unclosed ' is an apostrophe.
_BRACKETS = re.compile(r"""(?P<quote>["'`])(?:\\.|(?!(?P=quote)|[\\\n]).)*(?P=quote)|"[^\n]*|[()\[\]{}]""")


class Imbalance(NamedTuple):
    """Brackets without a partner, and strings that are not closed."""

    openers: int
    closers: int
    strings: int


def brackets(text: str) -> Iterator[tuple[int, str]]:
    """Offset and character of every bracket outside strings."""
    for match in _BRACKETS.finditer(text):
        if match[0] in _PAIRS or match[0] in OPENERS:
            yield match.start(), match[0]


def imbalance(text: str) -> Imbalance:
    """What is open in a text, or closed without having been opened."""
    opened: list[str] = []
    closers = 0
    for _, bracket in brackets(text):
        if bracket in OPENERS:
            opened.append(bracket)
        elif opened and opened[-1] == _PAIRS[bracket]:
            opened.pop()
        else:
            closers += 1
    strings = sum(match["quote"] is None and match[0][0] == '"' for match in _BRACKETS.finditer(text))
    return Imbalance(len(opened), closers, strings)
