"""What stands before an opening brace: the head of a function, of a class, of a loop."""

from __future__ import annotations

import re
from typing import NamedTuple

from nearline_server.actions.scope.block import Source
from nearline_server.actions.scope.pairs import Token

# Longer heads are data.
_REACH_LINES = 50
_LONGEST_LINE_CHARS = 2_000
_BOUNDARY = re.compile(r"[;{}]")
_INNERMOST = re.compile(r"\([^()]*[^()\s][^()]*\)|\(\s+\)|\[[^\[\]]*[^\[\]\s][^\[\]]*\]|\[\s+\]")
# A C++ member that is given its first value: no block.
_BRACED_VALUE = re.compile(r"(?<=[\w>])\{[^{}]*\}(?=\s*(?:,|\Z))")
# A line that begins so goes on with the one above.
_GOES_ON = re.compile(
    r"\s*(?:(?:where|extends|implements|throws|noexcept|requires|with|permits)\b|->|=>|::?\s|[,).?|&]|=(?!=))"
)
_TO_BE_CONTINUED = re.compile(r"(?:[,(=&|+?<]|=>|->|\bwhere|\bextends|\bimplements)\s*$")
# Where it stands behind a comma, the line begins something of its own: `name: {`, `name = {`, `name(…) {`.
_ENTRY = re.compile(r"\s*(?:async\s+|get\s+|set\s+|static\s+)?[\w$#]+\s*[:=(]")
# The type in front of a C function may have a line of its own.
_TYPE_ALONE = re.compile(
    r"\s*(?!(?:else|do|return|case|default|public|private|protected)\b)[A-Za-z_][\w:<>,*&\s]*[\w>*&]\s*$"
)
_NAME_AND_PARAMETERS = re.compile(r"\s*[*&]*[\w:~]+\s*\(\)")
_C = frozenset({"c", "cpp", "objective-c", "objective-cpp", "cuda-cpp"})


class Header(NamedTuple):
    """The first line of the head, and its text without what stands in brackets."""

    first: int
    text: str


def header_of(source: Source, opener: Token) -> Header:
    """The head that ends at an opening brace."""
    own, bounded = _behind_boundary(source.code[opener.line][: opener.column][-_LONGEST_LINE_CHARS:])
    header = Header(opener.line, own)
    while not bounded and header.first > max(0, opener.line - _REACH_LINES):
        above = source.code[header.first - 1]
        if len(above) > _LONGEST_LINE_CHARS or not _belongs(source, header, above, own):
            break
        text, bounded = _behind_boundary(f"{above}\n{header.text}")
        if bounded and not _behind_boundary(above)[0].strip(" \t,;)"):
            break
        header = Header(header.first - 1, text)
    return Header(header.first, " ".join(header.text.split()))


def _behind_boundary(text: str) -> tuple[str, bool]:
    """What follows the last statement or block in a text, without what stands in brackets, and if there was one."""
    text = collapsed(_BRACED_VALUE.sub("", text))
    boundary = max((match.end() for match in _BOUNDARY.finditer(text)), default=0)
    return text[boundary:], boundary > 0


def collapsed(text: str) -> str:
    """A text without what stands in round and square brackets that have their partner."""
    while True:
        shorter = _INNERMOST.sub(lambda match: match[0][0] + match[0][-1], text)
        if shorter == text:
            return text
        text = shorter


def _belongs(source: Source, header: Header, above: str, own: str) -> bool:
    if not above.strip():
        # A comment between a head and its brace is passed, an empty line is not.
        return bool(source.lines[header.first - 1].strip()) and not header.text.strip()
    text = header.text
    if not text.strip() or text.count(")") > text.count("(") or _GOES_ON.match(text):
        return True
    if _TO_BE_CONTINUED.search(above):
        return not _ENTRY.match(own)
    same_indent = _indent(above) == _indent(source.code[header.first])
    is_c = source.language in _C and _NAME_AND_PARAMETERS.match(text) is not None
    return is_c and same_indent and _TYPE_ALONE.match(above) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
