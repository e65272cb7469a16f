"""The smallest edits that make one text of another, and where they go when the document changed meanwhile."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from nearline_server.actions.values import Edit, Point, Span
from nearline_server.documents.buffer import content, split_lines

# Comparing takes time by the product of both sides; beyond it a changed stretch is one edit.
MOST_COMPARED = 250_000
# Fewer equal characters between two changes are not worth two edits: nobody can read a preview of crumbs.
SHORTEST_KEPT_CHARS = 4
_WORDS = re.compile(r"\r\n|\w+|[^\S\r\n]+|(?s:.)")

# A stretch of offsets and what comes in its place.
_Change = tuple[int, int, str]


def edits_for(text: str, span: Span, replacement: str) -> tuple[Edit, ...]:
    """The edits, in order and apart from each other, that replace a span by a text; none where nothing changes.

    A place that does not exist is the nearest one. No edit begins or ends between CR and LF.
    """
    offsets = _Offsets(text)
    start, end = offsets.of(span.start), offsets.of(span.end)
    changes = _by_lines(text[start:end], replacement)
    moved = ((first + start, last + start, new) for first, last, new in changes)
    return tuple(Edit(Span(offsets.place(a), offsets.place(b)), new) for a, b, new in _around_crlf(text, moved))


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits, which are all on this text, in any order. Raises ValueError if two overlap."""
    offsets = _Offsets(text)
    pieces, done = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        start, end = offsets.of(edit.span.start), offsets.of(edit.span.end)
        if not done <= start <= end:
            raise ValueError("two edits overlap")
        pieces += [text[done:start], edit.text]
        done = end
    return "".join([*pieces, text[done:]])


def inside(edits: Iterable[Edit], span: Span) -> bool:
    """Whether no edit reaches beyond a span."""
    return all(span.start <= edit.span.start <= edit.span.end <= span.end for edit in edits)


def rebased(edits: Sequence[Edit], before: str, after: str) -> tuple[Edit, ...] | None:
    """The same edits on `after`, which became of `before` while they were made; None where they touch what changed.

    With one change, or several that lie on the same side of an edit, this is exact; where the change may have been
    in several places (a line was doubled), none of them may touch an edit. Edits between two changes are found by
    their lines, which must then be in either text once.
    """
    if before == after or not edits:
        return tuple(edits)
    old, new = _Offsets(before), _Offsets(after)
    places = [(old.of(edit.span.start), old.of(edit.span.end)) for edit in edits]
    head, tail = _common(before, after)
    first, last = len(before) - tail, len(after) - tail
    low, high = min(head, first, last), max(head, first, head + len(before) - len(after))
    between = [place for place in places if place[1] >= low and place[0] <= high]
    shift = 0
    if between:
        found = _shift_between(before, after, between) if head < first and head < last else None
        if found is None:
            return None
        shift = found
    growth = len(after) - len(before)
    shifts = [0 if end < low else growth if start > high else shift for start, end in places]
    return tuple(
        Edit(Span(new.place(start + by), new.place(end + by)), edit.text)
        for edit, (start, end), by in zip(edits, places, shifts, strict=True)
    )


def _shift_between(before: str, after: str, places: Sequence[tuple[int, int]]) -> int | None:
    """How far the lines have moved that hold all the places, by the equal lines around them."""
    old, new = split_lines(before), split_lines(after)
    if len(old) * len(new) > MOST_COMPARED * 16:
        return None
    starts = [0, *accumulate(map(len, old))]
    low = bisect_right(starts, min(start for start, _ in places)) - 1
    high = min(bisect_right(starts, max(end for _, end in places)), len(old)) - 1
    for a, b, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        if a <= low and high < a + size:
            lines = old[a : a + size]
            once = _times(lines, old) == 1 == _times(lines, new)
            return sum(map(len, new[:b])) - starts[a] if once else None
    return None


def _times(lines: list[str], document: list[str]) -> int:
    size = len(lines)
    return sum(document[at] == lines[0] and document[at : at + size] == lines for at in range(len(document)))


def _by_lines(old: str, new: str) -> Iterator[_Change]:
    """Whole lines first, then the words of those that differ."""
    for start, end, text in _compared(split_lines(old), split_lines(new)):
        replaced = old[start:end]
        if not replaced or not text:
            yield start, end, text
            continue
        words = _compared(_WORDS.findall(replaced), _WORDS.findall(text))
        for first, last, piece in _joined(replaced, words):
            yield _trimmed(start + first, replaced[first:last], piece)


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[_Change]:
    """What differs between two sequences of pieces, as stretches of the characters of the old one."""
    starts = [0, *accumulate(map(len, old))]
    head, tail = _common(old, new)
    tail = min(tail, len(old) - head, len(new) - head)
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    codes = [("replace", 0, len(a), 0, len(b))] if a or b else []
    if len(a) * len(b) <= MOST_COMPARED:
        codes = list(SequenceMatcher(None, a, b, autojunk=False).get_opcodes())
    for tag, low, high, new_low, new_high in codes:
        if tag != "equal":
            yield starts[head + low], starts[head + high], "".join(b[new_low:new_high])


def _joined(old: str, changes: Iterable[_Change]) -> Iterator[_Change]:
    """Changes with too little between them are one."""
    pending: _Change | None = None
    for start, end, text in changes:
        kept = old[pending[1] : start] if pending else ""
        if pending and len(kept.strip()) < SHORTEST_KEPT_CHARS:
            pending = pending[0], end, pending[2] + kept + text
            continue
        if pending:
            yield pending
        pending = start, end, text
    if pending:
        yield pending


def _trimmed(start: int, old: str, new: str) -> _Change:
    head, tail = _common(old, new)
    tail = min(tail, len(old) - head, len(new) - head)
    return start + head, start + len(old) - tail, new[head : len(new) - tail]


def _around_crlf(text: str, changes: Iterable[_Change]) -> Iterator[_Change]:
    """No place is between CR and LF: a change that begins or ends there takes in the whole line end."""
    for start, end, new in changes:
        if text[start - 1 : start + 1] == "\r\n" and start:
            start, new = start - 1, "\r" + new
        if text[end - 1 : end + 1] == "\r\n" and end:
            end, new = end + 1, new + "\n"
        yield start, end, new


def _common(old: Sequence[object], new: Sequence[object]) -> tuple[int, int]:
    """Lengths of the longest common beginning and of the longest common end, which may overlap."""
    shorter = range(1, min(len(old), len(new)) + 1)
    head = bisect_right(shorter, False, key=lambda size: old[:size] != new[:size])
    tail = bisect_right(shorter, False, key=lambda size: old[len(old) - size :] != new[len(new) - size :])
    return head, tail


class _Offsets:
    """Places of a text as offsets and back."""

    def __init__(self, text: str) -> None:
        lines = split_lines(text)
        self._starts = [0, *accumulate(map(len, lines))]
        self._last = len(lines) - 1
        self._lines = lines

    def of(self, place: Point) -> int:
        line, column = place
        if line > self._last:
            return self._starts[-1]
        return self._starts[line] + min(column, len(content(self._lines[line])))

    def place(self, offset: int) -> Point:
        line = min(bisect_right(self._starts, offset) - 1, self._last)
        return line, offset - self._starts[line]
