"""Patterns as in .gitignore, compiled so that a broken one is an error and none is slow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

STAR = "[^/]*"
# A drive, or a \\ that is not there to escape a mark: Windows' paths would be read as something else.
FOREIGN = re.compile(r"^[A-Za-z]:(?:/|$)|\\(?:[^ !#\[\]]|$)")
# Every `**` multiplies the ways to try; nobody means more of them.
MOST_DOUBLE_STARS = 4


class Pattern(GitIgnoreSpecPattern):
    """One line. A `*` in the middle of a name takes the least it can and never tries again."""

    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: Any) -> tuple[Any, bool | None]:
        """The regular expression of a line, and whether it names (True) or takes back (False)."""
        regex, include = super().pattern_to_regex(pattern)
        if isinstance(regex, str):
            return _without_retries(regex), include
        return regex, include


def compiled(lines: Iterable[str]) -> GitIgnoreSpec:
    """The patterns in their order. Raises ValueError that names the first broken one.

    Broken is also what git would silently never match: an open bracket, a step `.` or `..`, a lone `/`.
    """
    return GitIgnoreSpec([_pattern(line) for line in lines], backend="simple")


def additive(lines: Iterable[str]) -> GitIgnoreSpec:
    """Patterns of a configuration, where each can only add to what stays. Raises ValueError that names the broken one.

    Broken is also one that takes back (`!`), says nothing, or that only Windows or a shell would understand.
    """
    lines = list(lines)
    for line in lines:
        if says_nothing(line) or line.startswith(("!", "~/")) or FOREIGN.search(line):
            raise ValueError(f"expected a folder or file in a workspace, with / between: {line!r}")
    return compiled(lines)


def says_nothing(line: str) -> bool:
    """Whether a line of an ignore file is blank or a comment."""
    return not line.strip() or line.startswith("#")


def _pattern(line: str) -> Pattern:
    try:
        pattern = Pattern(_inside_of(line))
    except (ValueError, re.error, FutureWarning) as error:
        raise ValueError(f"broken pattern: {line!r}") from error
    steps = line.strip().removeprefix("!").strip("/").split("/")
    if not says_nothing(line) and (pattern.include is None or {"", ".", ".."}.intersection(steps)):
        raise ValueError(f"broken pattern: {line!r}")
    if line.count("**") > MOST_DOUBLE_STARS:
        raise ValueError(f"too many ** in a pattern: {line!r}")
    return pattern


def _inside_of(line: str) -> str:
    """`a/**` names what is in a, not a itself, which pathspec takes for the same when asked about folders."""
    bare = line.rstrip()
    return f"{bare}/*" if bare.endswith("/**") else line


def _without_retries(regex: str) -> str:
    """The first fit of all but the last `*` in a name is as good as any other: linear instead of a power."""
    first, *rest = regex.split(STAR)
    return first + "".join(
        STAR + part if "/" in part.replace("[^/]", "") or number == len(rest) - 1 else f"(?>{STAR}?{part})"
        for number, part in enumerate(rest)
    )
