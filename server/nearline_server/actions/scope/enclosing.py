"""What an action is about when the user chose a place: the selection, or what encloses the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from nearline_server.actions.scope.block import Block, Source
from nearline_server.actions.scope.braces import brace_blocks
from nearline_server.actions.scope.indent import indent_blocks
from nearline_server.actions.scope.words import knows, word_blocks
from nearline_server.actions.values import Chosen, Span
from nearline_server.documents.buffer import Buffer, content, split_lines

_BRACES = frozenset(
    {
        "c", "cpp", "csharp", "css", "cuda-cpp", "dart", "go", "groovy", "java", "javascript", "javascriptreact",
        "json", "jsonc", "kotlin", "less", "objective-c", "objective-cpp", "perl", "php", "rust", "scala", "scss",
        "shellscript", "swift", "typescript", "typescriptreact", "zig",
    }
)  # fmt: skip
_INDENTED = frozenset({"cython", "python", "starlark"})
# More is generated, and looking for its blocks would take longer than a menu may.
LONGEST_DOCUMENT_CHARS = 400_000


def scope(text: str, language: str, span: Span) -> tuple[Span, Chosen]:
    """The selection if there is one, else the function, class or block around it, else its line.

    A selection within one line stays as it is; one of several lines, and everything else, is whole lines with the
    end of the last one. Of functions and classes the innermost counts; a block only outside of both. Languages of
    which nothing is known have paragraphs for blocks. Places that do not exist are the nearest ones.
    """
    buffer = Buffer(text)
    start, end = sorted((buffer.clamp(*span.start), buffer.clamp(*span.end)))
    if start[0] == end[0] and start != end:
        return Span(start, end), "selection"
    lines = split_lines(text)
    if start != end:
        # Nothing of the last line is selected when the selection ends before its first character.
        return _whole(lines, start[0], end[0] if end[1] else end[0] - 1), "selection"
    block = _around([content(line) for line in lines], language, start[0])
    return _whole(lines, block.first, block.last), block.kind


def _whole(lines: list[str], first: int, last: int) -> Span:
    if last + 1 < len(lines):
        return Span((first, 0), (last + 1, 0))
    return Span((first, 0), (last, len(content(lines[last]))))


def _around(lines: Sequence[str], language: str, cursor: int) -> Block:
    around = [block for block in _blocks(lines, language, cursor) if block.first <= cursor <= block.last]
    named = [block for block in around if block.kind != "block"]
    return (named or around or [Block(cursor, cursor, "line")])[-1]


def _blocks(lines: Sequence[str], language: str, cursor: int) -> list[Block]:
    if sum(map(len, lines)) <= LONGEST_DOCUMENT_CHARS:
        if language in _INDENTED:
            return indent_blocks(lines, cursor)
        if language in _BRACES:
            return brace_blocks(Source.of(lines, language), cursor)
        if knows(language):
            return word_blocks(Source.of(lines, language))
    return _paragraph(lines, cursor)


def _paragraph(lines: Sequence[str], cursor: int) -> list[Block]:
    if not lines[cursor].strip():
        return []
    first = last = cursor
    while first > 0 and lines[first - 1].strip():
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].strip():
        last += 1
    return [Block(first, last, "block")]
