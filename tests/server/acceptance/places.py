"""Offsets in a text, and the lines and columns that they are."""

from __future__ import annotations


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset."""
    return text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset) - 1


def offset(text: str, at: tuple[int, int]) -> int:
    """The offset of a line and column."""
    return sum(len(line) + 1 for line in text.split("\n")[: at[0]]) + at[1]
