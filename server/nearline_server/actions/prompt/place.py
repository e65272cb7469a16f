"""A range and the lines around it."""

from __future__ import annotations

from itertools import accumulate

from nearline_server.actions.prompt.data import plain
from nearline_server.actions.span_text import text_in
from nearline_server.actions.values import Subject
from nearline_server.documents.buffer import split_lines


class Place:
    """A subject's range, and what stands before and after it in pieces, the nearest first.

    A piece is a line, or the rest of one of the range's own. `most_chars` are taken from the lines around it.
    Raises ValueError where the document has no such range.
    """

    def __init__(self, subject: Subject, most_chars: int) -> None:
        (first, left), (last, right) = subject.span.start, subject.span.end
        lines = split_lines(subject.text)
        if subject.span.start > subject.span.end or last >= len(lines):
            raise ValueError("The range is not in the document any more.")
        self.range = plain(text_in(subject.text, subject.span))
        self.line_count = len(lines)
        self._first = first
        above, below = lines[max(0, first - most_chars) : first], lines[last + 1 : last + 1 + most_chars]
        before, after = [*above, lines[first][:left]], [lines[last][right:], *below]
        self._before = _near([plain(piece) for piece in reversed(before) if piece], most_chars)
        self._after = _near([plain(piece) for piece in after if piece], most_chars)
        self._starts_line, self._ends_line = not left, not lines[last][right:].strip("\r\n") or not right

    @property
    def lines(self) -> int:
        """How many pieces there are around the range."""
        return len(self._before) + len(self._after)

    def around(self, lines: int) -> tuple[str, str]:
        """The text before and after the range with this many pieces, as many on either side as there are."""
        above = min(len(self._before), max((lines + 1) // 2, lines - len(self._after)))
        return "".join(reversed(self._before[:above])), "".join(self._after[: lines - above])

    def marked(self, lines: int, marks: tuple[str, str]) -> str:
        """The range between its marks, which have lines of their own where it covers whole ones, and around it."""
        before, after = self.around(lines)
        opened, closed = marks
        if not (self.range and self._starts_line and self._ends_line):
            return f"{before}{opened}{self.range}{closed}{after}"
        if self.range.endswith("\n"):
            return f"{before}{opened}\n{self.range}{closed}\n{after}"
        # What follows begins with the end of the range's last line, unless the document or its part ends there.
        return f"{before}{opened}\n{self.range}\n{closed}{after or chr(10)}"

    def unmarked(self, lines: int) -> str:
        """The range with what is around it."""
        before, after = self.around(lines)
        return f"{before}{self.range}{after}"

    def numbers(self, lines: int) -> str:
        """Which lines of the document these are, such as `41-90 of 200`."""
        before, after = self.around(lines)
        start = self._first + 1 - before.count("\n")
        count = f"{before}{self.range}{after}".removesuffix("\n").count("\n")
        return f"{start}-{start + count} of {self.line_count}"


def _near(pieces: list[str], most_chars: int) -> list[str]:
    """The first ones, of so many characters together."""
    return [piece for piece, chars in zip(pieces, accumulate(map(len, pieces)), strict=True) if chars <= most_chars]
