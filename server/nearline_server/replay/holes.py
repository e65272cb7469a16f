"""Places in a file whose text is taken out and typed again: bodies, told by their indentation in any language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LEAST_LINES, MOST_LINES = 2, 25
LEAST_CHARS, MOST_CHARS = 40, 900
# A longer line is data.
LONGEST_LINE_CHARS = 160
COMMENTS = ("#", "//", "/*", "*", '"""', "--", "'''", '" ')


@dataclass(frozen=True, slots=True)
class Hole:
    """A body from the end of the line above it to the end of its last line; offsets into the file's text."""

    start: int
    end: int

    def overlaps(self, other: Hole) -> bool:
        """Whether they share a line."""
        return self.start <= other.end and other.start <= self.end


def bodies(text: str) -> Iterator[Hole]:
    """Every run of lines that are indented deeper than the line above them and are code for the most part."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for number, header in enumerate(lines):
        if not header.strip() or _is_comment(header):
            continue
        last = _last_of_body(lines, number)
        hole = Hole(starts[number] + len(header), starts[last] + len(lines[last]))
        if _fits(lines[number + 1 : last + 1], hole):
            yield hole


def _last_of_body(lines: list[str], number: int) -> int:
    """The last line that belongs to what this line begins, itself if it begins nothing."""
    limit, last = _indentation(lines[number]), number
    # One line more than fits is enough to see that it does not.
    for below in range(number + 1, min(len(lines), number + MOST_LINES + 2)):
        if not lines[below].strip():
            continue
        if _indentation(lines[below]) <= limit:
            break
        last = below
    return last


def _fits(body: list[str], hole: Hole) -> bool:
    right_size = LEAST_LINES <= len(body) <= MOST_LINES and LEAST_CHARS <= hole.end - hole.start <= MOST_CHARS
    comments = sum(_is_comment(line) for line in body)
    return right_size and comments * 2 < len(body) and max(map(len, body)) <= LONGEST_LINE_CHARS


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(COMMENTS)


def _indentation(line: str) -> int:
    expanded = line.expandtabs(8)
    return len(expanded) - len(expanded.lstrip())
