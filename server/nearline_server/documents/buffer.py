"""An open document as a list of lines, edited in place.

Lines end at \\n, \\r\\n and \\r and nowhere else, as the protocol says; `str.splitlines` also splits at form
feeds and Unicode separators, which puts every later position on the wrong line. An edit costs what it
touches, not the length of the file.
"""

from __future__ import annotations

import re

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
HALF_PAIR = re.compile("[\ud800-\udfff]")


def split_lines(text: str) -> list[str]:
    """Lines with their ends; the last one has none and is there even when empty."""
    if "\r" not in text:
        lines = [line + "\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        return lines
    lines = LINE.findall(text)
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines


def well_formed(text: str) -> str:
    """Half a surrogate pair, which no model can be sent, becomes a mark that counts the same in every encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return HALF_PAIR.sub("\N{REPLACEMENT CHARACTER}", text)
    return text


def content(line: str) -> str:
    """A line without its end."""
    return line.rstrip("\r\n")


class Buffer:
    """The text of one open document. Columns count code points."""

    def __init__(self, text: str) -> None:
        self._lines = split_lines(well_formed(text))
        self._chars = len(text)

    @property
    def line_count(self) -> int:
        """At least one: an empty document has an empty line."""
        return len(self._lines)

    @property
    def chars(self) -> int:
        """Length of the document in code points."""
        return self._chars

    def text(self) -> str:
        """The whole document; costs its length."""
        return "".join(self._lines)

    def line(self, number: int) -> str:
        """A line with its end; "" past the end of the document."""
        return self._lines[number] if number < len(self._lines) else ""

    def clamp(self, line: int, column: int) -> tuple[int, int]:
        """The nearest place that exists: past a line's end is its end, past the last line the document's end."""
        if line >= len(self._lines):
            line, column = len(self._lines) - 1, len(self._lines[-1])
        return line, min(column, len(content(self._lines[line])))

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Replace what stands between two places, each a (line, column) that exists."""
        (first, left), (last, right) = start, end
        if first > 0 and self._lines[first - 1].endswith("\r"):
            # A line feed that arrives behind a lone carriage return makes one line end of two.
            first, left, before = first - 1, 0, self._lines[first - 1] + self._lines[first][:left]
        else:
            before = self._lines[first][:left]
        old = sum(map(len, self._lines[first : last + 1]))
        new = before + well_formed(text) + self._lines[last][right:]
        pieces = split_lines(new)
        if last + 1 < len(self._lines):
            pieces.pop()
        self._lines[first : last + 1] = pieces
        self._chars += len(new) - old

    def before(self, line: int, column: int, max_chars: int) -> str:
        """Up to `max_chars` of text that end at the place."""
        pieces, length = [self._lines[line][:column]], column
        while line > 0 and length < max_chars:
            line -= 1
            pieces.append(self._lines[line])
            length += len(self._lines[line])
        text = "".join(reversed(pieces))
        return text[-max_chars:] if length > max_chars else text

    def after(self, line: int, column: int, max_chars: int) -> str:
        """Up to `max_chars` of text that begin at the place."""
        pieces = [self._lines[line][column : column + max_chars]]
        length = len(pieces[0])
        while line + 1 < len(self._lines) and length < max_chars:
            line += 1
            pieces.append(self._lines[line])
            length += len(self._lines[line])
        return "".join(pieces)[:max_chars]
