"""Columns between the client's code units and code points; inside the server every column is code points."""

from __future__ import annotations

from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

# Bytes of one code unit, and the codec that has them without a byte order mark.
CODECS: dict[str, tuple[int, str]] = {
    "utf-8": (1, "utf-8"),
    "utf-16": (2, "utf-16-le"),
    "utf-32": (4, "utf-32-le"),
}


def column_of(line: str, units: int, encoding: Encoding) -> int:
    """The code-point column of a client's column; inside a character it is that character's start."""
    if units <= 0:
        return 0
    if encoding == "utf-32" or line.isascii():
        return min(units, len(line))
    width, codec = CODECS[encoding]
    # No character is shorter than one unit, so the first `units` characters are enough.
    encoded = line[:units].encode(codec)
    return len(encoded[: units * width].decode(codec, "ignore"))


def units_of(line: str, column: int, encoding: Encoding) -> int:
    """The client's column of a code-point column."""
    if encoding == "utf-32" or line.isascii():
        return column
    width, codec = CODECS[encoding]
    return len(line[:column].encode(codec)) // width
