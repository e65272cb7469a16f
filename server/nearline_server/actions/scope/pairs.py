"""Which opener belongs to which closer: by counting while they come out even, else by indentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class Token(NamedTuple):
    """An opener or a closer. `indent` is that of its line, `leads` whether it is the first thing there."""

    line: int
    column: int
    indent: int
    leads: bool
    opens: bool


class Pair(NamedTuple):
    """An opener, the line of its closer, and the index of the pair around it."""

    opener: Token
    last: int
    parent: int | None


def token(line: int, column: int, text: str, opens: bool) -> Token:
    """The token at a column of a line."""
    indent = len(text) - len(text.lstrip())
    return Token(line, column, indent, column == indent, opens)


def paired(tokens: Sequence[Token], last_line: int) -> list[Pair]:
    """The pairs in the order of their openers. What never closes ends where the indentation says, or at the end."""
    depth, even = 0, True
    for each in tokens:
        depth += 1 if each.opens else -1
        even &= depth >= 0
    return _Pairing(last_line, strict=even and depth == 0).run(tokens)


class _Pairing:
    def __init__(self, last_line: int, *, strict: bool) -> None:
        self._last_line = last_line
        self._strict = strict
        self._pairs: list[Pair] = []
        self._open: list[int] = []

    def run(self, tokens: Sequence[Token]) -> list[Pair]:
        for each in tokens:
            if each.opens:
                self._opened(each)
            else:
                self._closed(each)
        return self._pairs

    def _opened(self, token: Token) -> None:
        if not self._strict:
            # A line that is not deeper than the line of an opener above it is not inside of that.
            self._end(lambda opener: opener.indent >= token.indent and opener.line < token.line, token.line - 1)
        self._pairs.append(Pair(token, self._last_line, self._open[-1] if self._open else None))
        self._open.append(len(self._pairs) - 1)

    def _closed(self, token: Token) -> None:
        if not self._strict and token.leads and self._open:
            if any(opener.indent == token.indent for opener in self._openers()):
                self._end(lambda opener: opener.indent > token.indent, token.line - 1)
            elif token.indent > self._pairs[self._open[-1]].opener.indent:
                return
        if self._open:
            self._set_last(self._open.pop(), token.line)

    def _openers(self) -> Iterator[Token]:
        return (self._pairs[index].opener for index in self._open)

    def _end(self, ended: Callable[[Token], bool], line: int) -> None:
        while self._open and ended(self._pairs[self._open[-1]].opener):
            index = self._open.pop()
            self._set_last(index, max(line, self._pairs[index].opener.line))

    def _set_last(self, index: int, line: int) -> None:
        self._pairs[index] = self._pairs[index]._replace(last=line)
