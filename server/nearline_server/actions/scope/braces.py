"""Functions, classes and blocks of the languages with braces, also while the code does not parse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nearline_server.actions.scope.block import Block, Source
from nearline_server.actions.scope.header import Header, header_of
from nearline_server.actions.scope.kind import FOLLOWS, is_control, kind_of
from nearline_server.actions.scope.pairs import Token, paired, token
from nearline_server.actions.values import Chosen

_BRACE = re.compile(r"[{}]")
# The braces of longer lines are data.
_LONGEST_LINE_CHARS = 2_000
# So far above its brace a head may begin.
_REACH_LINES = 120


def brace_blocks(source: Source, cursor: int) -> list[Block]:
    """The blocks around a line in the order in which they open; a chain of `if` and `else` is one."""
    return list(_Braces(source).around(cursor))


class _Braces:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._pairs = paired(list(_tokens(source)), len(source.code) - 1)
        self._known: dict[int, tuple[Header, Chosen | None]] = {}
        # The pairs of the same depth before and behind each, by index.
        self._before: dict[int, int] = {}
        self._behind: dict[int, int] = {}
        newest: dict[int | None, int] = {}
        for index, pair in enumerate(self._pairs):
            if pair.parent in newest:
                self._before[index] = newest[pair.parent]
                self._behind[newest[pair.parent]] = index
            newest[pair.parent] = index

    def around(self, cursor: int) -> Iterator[Block]:
        for index, pair in enumerate(self._pairs):
            if pair.opener.line - _REACH_LINES <= cursor <= pair.last:
                block = self._block(index)
                if block and block.first <= cursor:
                    yield block

    def _block(self, index: int) -> Block | None:
        kind = self._head(index)[1]
        first = last = index
        while kind == "block" and first in self._before and self._follows(first, self._before[first]):
            first = self._before[first]
        while kind == "block" and last in self._behind and self._follows(self._behind[last], last):
            last = self._behind[last]
        return kind and Block(self._source.with_head(self._head(first)[0].first), self._pairs[last].last, kind)

    def _follows(self, index: int, before: int) -> bool:
        header = self._head(index)[0]
        return FOLLOWS.match(header.text) is not None and self._pairs[before].last >= header.first - 1

    def _head(self, index: int) -> tuple[Header, Chosen | None]:
        if index not in self._known:
            pair = self._pairs[index]
            header = header_of(self._source, pair.opener)
            kind = kind_of(header.text, self._source.language, in_statements=self._runs(pair.parent))
            self._known[index] = header, kind
        return self._known[index]

    def _runs(self, index: int | None) -> bool:
        """Whether statements stand in it, not members or values."""
        if index is None:
            return False
        header, kind = self._head(index)
        return kind == "function" or is_control(header.text)


def _tokens(source: Source) -> Iterator[Token]:
    for number, line in enumerate(source.code):
        if len(line) <= _LONGEST_LINE_CHARS:
            for match in _BRACE.finditer(line):
                yield token(number, match.start(), line, match[0] == "{")
