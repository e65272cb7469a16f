"""The declarations in a text, and the first lines of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nearline_server.actions.context.patterns import declared, patterns_of
from nearline_server.actions.values import OpenFile
from nearline_server.documents.buffer import content, split_lines

# Enough for a signature with its documentation, or for the fields of a type.
MOST_LINES = 12
# Of a text, so that a generated file of megabytes costs little.
MOST_CHARS = 400_000
# A line of a definition that begins with one of these stands as far left as its first line.
CLOSERS = (")", "]", "}", "{", "end")
# After a closer the definition goes on where its line ends so.
OPENERS = ("{", ":", "=", "(", "[", "=>", "do", "then")
CUT = "…"


@dataclass(frozen=True, slots=True)
class Definition:
    """A declaration that begins at a line (from 0); `shown` has its beginning for a text."""

    name: str
    line: int
    shown: OpenFile


def definitions(file: OpenFile) -> Iterator[Definition]:
    """All declarations of a document, in its order."""
    patterns = patterns_of(file.language)
    lines = [content(line) for line in split_lines(file.text[:MOST_CHARS])]
    for number, line in enumerate(lines):
        name = declared(line, patterns)
        if name and not name.startswith("__"):
            yield Definition(name, number, replace(file, text=_beginning(lines, number)))


def _beginning(lines: Sequence[str], first: int) -> str:
    """At most MOST_LINES lines of a definition, without what it is indented by, and a mark where more follow."""
    depth = _indent(lines[first])
    end = _end(lines, first, depth)
    shown = [line[min(depth, _indent(line)) :] for line in lines[first : min(end, first + MOST_LINES)]]
    return "\n".join([*shown, CUT] if end > first + MOST_LINES else shown)


def _end(lines: Sequence[str], first: int, depth: int) -> int:
    """The number of the line behind a definition's last one; one too long to be shown ends within itself."""
    end = first + 1
    for number in range(first + 1, min(len(lines), first + MOST_LINES + 1)):
        line = lines[number]
        text = line.strip()
        if not text:
            continue
        deeper = _indent(line) > depth
        if not deeper and (_indent(line) < depth or not text.startswith(CLOSERS)):
            return end
        end = number + 1
        if not deeper and not text.endswith(OPENERS):
            return end
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
