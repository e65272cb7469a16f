"""Edits as values, made as small as they are, and where they leave a place.

A place is a (line, column) in code points: an edit moves it by a comparison and two additions, however long the
document. Texts have `\\n` for every line end, so that they compare equal in files of any kind.
"""

from __future__ import annotations

from typing import NamedTuple

from nearline_server.documents.buffer import Buffer, split_lines

Place = tuple[int, int]

# Comparing lines costs up to the square of their number; what is longer is taken for one replacement.
MOST_LINES = 500


class Edit(NamedTuple):
    """`removed`, from `start` to `end`, became `inserted`."""

    start: Place
    end: Place
    removed: str
    inserted: str

    @property
    def new_end(self) -> Place:
        """Where the inserted text ends."""
        return behind(self.start, self.inserted)

    def moved(self, place: Place) -> Place:
        """Where a place at or behind `end` is afterwards."""
        (line, column), (end_line, end_column), new_end = place, self.end, self.new_end
        if line == end_line:
            return new_end[0], new_end[1] + column - end_column
        return line + new_end[0] - end_line, column


def edit_of(buffer: Buffer, start: Place, end: Place, text: str) -> Edit:
    """The edit that replaces a range of existing places, before it is done, less what stays the same at both ends."""
    text = one_line_end(text)
    if start == end:
        return Edit(start, end, "", text)
    return _trimmed(Edit(start, end, between(buffer, start, end), text))


def apart(edit: Edit) -> list[Edit]:
    """The edits of the lines that really differ, the last one first, so that each counts by the text before all.

    A formatter replaces a document to change three lines of it.
    """
    from difflib import SequenceMatcher  # rarely needed, and every start of the server would wait for it

    old, new = split_lines(edit.removed), split_lines(edit.inserted)
    if min(len(old), len(new)) == 1 or max(len(old), len(new)) > MOST_LINES:
        return [edit]

    def place(line: int) -> Place:
        return edit.end if line == len(old) else (edit.start[0] + line, 0) if line else edit.start

    parts = [part for step in SequenceMatcher(None, old, new).get_opcodes() for part in _by_line(*step)]
    return [
        _trimmed(Edit(place(first), place(last), "".join(old[first:last]), "".join(new[new_first:new_last])))
        for first, last, new_first, new_last in reversed(parts)
    ]


def _by_line(step: str, first: int, last: int, new_first: int, new_last: int) -> list[tuple[int, int, int, int]]:
    """Ranges of lines that differ; as many lines for as many are taken one by one, as a formatter leaves them."""
    if step == "replace" and last - first == new_last - new_first:
        return [(first + at, first + at + 1, new_first + at, new_first + at + 1) for at in range(last - first)]
    return [] if step == "equal" else [(first, last, new_first, new_last)]


def between(buffer: Buffer, start: Place, end: Place) -> str:
    """The text from one place to another; costs its length, and places past the end are the end."""
    (first, left), (last, right) = start, end
    if first == last:
        return one_line_end(buffer.line(first)[left:right])
    last = min(last, buffer.line_count)
    lines = [buffer.line(number) for number in range(first + 1, last)]
    return one_line_end(buffer.line(first)[left:] + "".join(lines) + buffer.line(last)[:right])


def behind(place: Place, text: str) -> Place:
    """Where a text ends that begins at the place."""
    lines = text.count("\n")
    if not lines:
        return place[0], place[1] + len(text)
    return place[0] + lines, len(text) - text.rfind("\n") - 1


def one_line_end(text: str) -> str:
    """The text with `\\n` for every line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def common_prefix(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_suffix(one: str, other: str) -> int:
    """How many characters two texts end with in common."""
    return common_prefix(one[::-1], other[::-1])


def whole(buffer: Buffer) -> tuple[Place, Place]:
    """Where a document begins and ends."""
    last = buffer.line_count - 1
    return (0, 0), (last, len(buffer.line(last)))


def _trimmed(edit: Edit) -> Edit:
    same = common_prefix(edit.removed, edit.inserted)
    removed, inserted = edit.removed[same:], edit.inserted[same:]
    start = behind(edit.start, edit.removed[:same])
    tail = common_suffix(removed, inserted)
    removed, inserted = removed[: len(removed) - tail], inserted[: len(inserted) - tail]
    return Edit(start, behind(start, removed), removed, inserted)
