"""The blocks of a document as whole lines, and what belongs to the head of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from nearline_server.actions.scope.mask import masked
from nearline_server.actions.values import Chosen

# Annotations, attributes and template headers: `@Override`, `#[test]`, `[Fact]`, `[[nodiscard]]`, `template <…>`.
_ANNOTATION = re.compile(r"\s*(?:@(?!interface\b)[A-Za-z]|#!?\[|\[\[?[A-Z\w].*\]$|template\s*<)")
# In Ruby it is a variable.
_NO_ANNOTATIONS = frozenset({"ruby", "crystal"})
# So far up a decorator of several lines is looked for.
_REACH_LINES = 60


class Block(NamedTuple):
    """Lines from `first` to `last`, both included."""

    first: int
    last: int
    kind: Chosen


class Source(NamedTuple):
    """The lines of a document without their ends, as they are and with comments and strings masked."""

    lines: Sequence[str]
    code: Sequence[str]
    language: str

    @classmethod
    def of(cls, lines: Sequence[str], language: str) -> Source:
        """Mask the lines."""
        return cls(lines, masked("\n".join(lines), language).split("\n"), language)

    def with_head(self, first: int) -> int:
        """The first line of the comments and annotations that stand directly above a line, else that line."""
        while first > 0:
            above = self._above(first - 1)
            if above is None:
                break
            first = above
        return first

    def _above(self, line: int) -> int | None:
        """Where the comment or annotation begins that ends on a line; None if none does."""
        code = self.code[line].strip()
        if not code:
            return line if self.lines[line].strip() else None
        if self.language in _NO_ANNOTATIONS:
            return None
        if _ANNOTATION.match(self.code[line]) and code[-1] not in "{;":
            return line
        if code[0] in "})" or not code.strip("_"):
            return self._annotation_of_lines(line)
        return None

    def _annotation_of_lines(self, last: int) -> int | None:
        """A call or a string of several lines whose first line begins with @."""
        indent = _indent(self.lines[last])
        for line in range(last - 1, max(-1, last - _REACH_LINES), -1):
            code = self.code[line]
            if code.strip("_ \t") and _indent(code) <= indent:
                return line if _ANNOTATION.match(code) else None
        return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
