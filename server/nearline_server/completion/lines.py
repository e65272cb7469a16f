"""The lines around the cursor, and those that they would become with a suggestion between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

# Lines around the cursor count up to here, so that a line of a megabyte costs nothing.
NEAR_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class TrimContext:
    """What surrounds a suggestion.

    `before` and `after` are the cursor's line on either side; `lines_before` and `lines_after` are a few
    further lines, in the document's order; none has its line end. `complete` is False while the stream goes
    on, and for good when the deadline cut it: then the text's last line is unfinished.
    """

    before: str
    after: str
    lines_before: tuple[str, ...]
    lines_after: tuple[str, ...]
    language: str
    multiline: bool
    complete: bool


class Line(NamedTuple):
    """A line of the document as it would be with the suggestion in it.

    `start` is its offset in the suggestion; `finished` is whether no character can follow it any more.
    """

    start: int
    text: str
    finished: bool

    @property
    def blank(self) -> bool:
        """Nothing but white space."""
        return not self.text or self.text.isspace()

    @property
    def indent(self) -> int:
        """Columns of indentation, a tab being 4."""
        return indent(self.text)

    @property
    def end_before(self) -> int:
        """Where a suggestion ends that this line no longer belongs to."""
        return max(0, self.start - 1)


def indent(line: str) -> int:
    """Columns of indentation, a tab being 4."""
    return len(line[: len(line) - len(line.lstrip(" \t"))].expandtabs(4))


def lines_of(text: str, context: TrimContext) -> list[Line]:
    """The suggestion's lines, the first with what stands before the cursor, the last with what follows."""
    parts = text.split("\n")
    last = len(parts) - 1
    lines, start = [], 0
    for number, part in enumerate(parts):
        finished = number < last or context.complete
        head = context.before if number == 0 else ""
        tail = context.after if number == last and finished else ""
        lines.append(Line(start, head + part + tail, finished))
        start += len(part) + 1
    return lines


def nearby(context: TrimContext) -> TrimContext:
    """The same context, without the far ends of very long lines."""
    lines = (context.before, context.after, *context.lines_before, *context.lines_after)
    if all(len(line) <= NEAR_CHARS for line in lines):
        return context
    return replace(
        context,
        before=context.before[-NEAR_CHARS:],
        after=context.after[:NEAR_CHARS],
        lines_before=tuple(line[:NEAR_CHARS] for line in context.lines_before),
        lines_after=tuple(line[:NEAR_CHARS] for line in context.lines_after),
    )
