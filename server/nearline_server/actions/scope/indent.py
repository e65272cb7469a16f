"""Functions, classes and blocks of Python by indentation, also while the code does not parse."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from nearline_server.actions.scope.block import Block
from nearline_server.actions.values import Chosen

_STRING = r"""[rRbBuUfFtT]{0,3}(?:"(?:\\.|[^"\\\n])*(?:"|$)|'(?:\\.|[^'\\\n])*(?:'|$))"""
_TRIPLE = r"""[rRbBuUfFtT]{0,3}(?P<quotes>\"{3}|'{3})(?:\\(?s:.)|(?!(?P=quotes))(?s:.))*(?:(?P=quotes)|(?P<open>\Z))"""
_TOKENS = re.compile(rf"(?P<comment>\#[^\n]*)|{_TRIPLE}|{_STRING}", re.MULTILINE)
_TOKENS_OF_LINES = re.compile(rf"(?P<comment>\#[^\n]*)|\"\"\"|'''|{_STRING}", re.MULTILINE)
_VISIBLE = re.compile(r"[^\n]")
# Cannot stand inside of brackets: those above were not closed.
_STATEMENT = re.compile(r"\s*(?:(?:async\s+)?def\s+\w|class\s+\w+\s*[:(]|@\w[\w.]*\s*(?:\(|$)|(?:return|import)\b)")
_FUNCTION = re.compile(r"\s*(?:async\s+)?(?:def|cdef|cpdef)\b")
_CLASS = re.compile(r"\s*class\b(?!\s*=)")
_COMPOUND = re.compile(r"\s*(?:async\s+)?(?:if|for|while|try|with|match|case)\b(?!\s*=)")
_FOLLOWS = re.compile(r"\s*(?:else|elif|except|finally)\b")


def indent_blocks(lines: Sequence[str], cursor: int) -> list[Block]:
    """The blocks in the order in which they open. White space on the cursor's line counts as code to come."""
    lines = list(lines)
    if lines[cursor] and lines[cursor].isspace():
        lines[cursor] += "_"
    code, inside = _masked("\n".join(lines))
    starts = _starts(code, inside)
    return [block for index in range(len(starts)) if (block := _block(lines, code, starts, index))]


def _masked(text: str) -> tuple[list[str], set[int]]:
    """Lines with comments as spaces and strings as underscores, and the lines that begin within a string.

    With a quote too many, strings end on their line.
    """
    unclosed = any(match["open"] is not None for match in _TOKENS.finditer(text))
    pattern = _TOKENS_OF_LINES if unclosed else _TOKENS
    code = pattern.sub(lambda match: _VISIBLE.sub("_" if match["comment"] is None else " ", match[0]), text)
    ends = list(accumulate(len(line) + 1 for line in text.split("\n")))
    inside: set[int] = set()
    for match in pattern.finditer(text):
        if "\n" in match[0]:
            inside.update(range(bisect_right(ends, match.start()) + 1, bisect_right(ends, match.end()) + 1))
    return code.split("\n"), inside


def _starts(code: list[str], inside: set[int]) -> list[int]:
    """The lines on which a statement begins: not inside of brackets or a string, nor behind a backslash."""
    starts, depth, goes_on = [], 0, False
    for number, line in enumerate(code):
        if depth and number not in inside and _STATEMENT.match(line):
            depth = 0
        if line.strip() and not depth and not goes_on and number not in inside:
            starts.append(number)
        goes_on = line.rstrip().endswith("\\")
        depth = max(0, depth + sum(map(line.count, "([{")) - sum(map(line.count, ")]}")))
    return starts


def _indent(line: str) -> int:
    return len(line[: len(line) - len(line.lstrip(" \t\f"))].expandtabs(8))


def _block(lines: list[str], code: list[str], starts: list[int], index: int) -> Block | None:
    header = code[starts[index]]
    kind = _kind(header)
    if kind is None:
        return None
    indent = _indent(header)
    after = index + 1
    while after < len(starts) and not _ends(code[starts[after]], indent, kind):
        after += 1
    stop = starts[after] if after < len(starts) else len(lines)
    return Block(_with_decorators(code, starts, index), _last(lines, starts[after - 1], stop, indent), kind)


def _kind(header: str) -> Chosen | None:
    if _FUNCTION.match(header):
        return "function"
    if _CLASS.match(header):
        return "class"
    return "block" if _COMPOUND.match(header) else None


def _ends(line: str, indent: int, kind: Chosen) -> bool:
    if kind == "block" and _indent(line) == indent and _FOLLOWS.match(line):
        return False
    return _indent(line) <= indent


def _with_decorators(code: list[str], starts: list[int], index: int) -> int:
    indent = _indent(code[starts[index]])
    while index and code[starts[index - 1]].lstrip().startswith("@") and _indent(code[starts[index - 1]]) == indent:
        index -= 1
    return starts[index]


def _last(lines: list[str], last_start: int, stop: int, indent: int) -> int:
    """The last line that belongs to a block: comments behind it if they are as deep as its body, no empty lines."""
    last = last_start
    for number in range(last_start + 1, stop):
        line = lines[number]
        comment = line.lstrip().startswith("#") and _indent(line) <= indent
        if line.strip() and not comment:
            last = number
    return last
