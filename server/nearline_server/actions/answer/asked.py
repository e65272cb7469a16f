"""The part of an answer's code that was asked about: models repeat what is around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nearline_server.actions.answer.indentation import depth_of
from nearline_server.actions.answer.words import words_of

_HEAD = re.compile(r"\s*(?:@|#|//|/\*|\*|--|\[\w)")
_CLOSER = re.compile(r"\s*(?:[)}\]{]|(?:end|else|elif|except|finally|catch|rescue|ensure|where)\b)")
_DEFINITION = re.compile(
    r"\b(?P<word>def|defp|class|function|fn|func|fun|sub|interface|struct|enum|trait|module|defmodule)\s+"
    r"(?:\([^()]*\)\s*)?(?P<name>[\w.]+)|\b(?!(?:if|for|while|switch|match|catch|when|with)\b)(?P<method>\w+)\s*\([^;{]*\)[^;=(){}]*\{\s*$"
)


def asked_part(code: str, original: str) -> str:
    """The definition that was asked about, with the others only if it newly uses them; else all of the code."""
    name = _only_definition(original)
    lines = code.split("\n")
    header = next((at for at, line in enumerate(lines) if name and _defined(line) == name), None)
    if header is None:
        return code
    indent = depth_of(lines[header])
    members = _members(lines, indent, header)
    asked = next(member for member in members if header in member)
    if sum(bool(lines[at].strip()) for at in asked) < 2:
        return code
    new = words_of("\n".join(lines[at] for at in asked)) - words_of(original)
    kept = [member for member in members if member is asked or _introduces(lines, member) & new]
    return "\n".join(lines[at] for member in kept for at in member)


def _only_definition(original: str) -> tuple[str, str] | None:
    """Keyword and name of what the original defines if it is one function or class and nothing else."""
    lines = [line for line in original.split("\n") if line.strip()]
    header = next((at for at, line in enumerate(lines) if not _HEAD.match(line)), None)
    if header is None:
        return None
    indent = depth_of(lines[header])
    alone = all(depth_of(line) > indent or _CLOSER.match(line) for line in lines[header + 1 :])
    return _defined(lines[header]) if alone and len(lines) > header + 1 else None


def _defined(line: str) -> tuple[str, str] | None:
    match = None if _HEAD.match(line) or _CLOSER.match(line) else _DEFINITION.search(line)
    return (match["word"] or "", match["name"] or match["method"]) if match else None


def _members(lines: Sequence[str], indent: int, header: int) -> list[list[int]]:
    """Numbers of the lines of each statement or definition at an indentation, with comments and decorators above.

    Behind the header that was asked for, only an empty line ends one: the text of a string may stand anywhere.
    """
    members: list[list[int]] = []
    in_head = inside = False
    for number, line in enumerate(lines):
        parted = number <= header or not lines[number - 1].strip()
        depth = depth_of(line) if line.strip() else indent + 1
        closes = _CLOSER.match(line) is not None
        if depth < indent and (parted or closes):
            inside = in_head = False
            continue
        starts = depth == indent and parted and not closes
        if (starts and not in_head) or not inside:
            members.append([])
        members[-1].append(number)
        inside = True
        in_head = _HEAD.match(line) is not None if starts else in_head and bool(line.strip())
    return members


def _introduces(lines: Sequence[str], member: Sequence[int]) -> set[str]:
    first = next((at for at in member if lines[at].strip() and not _HEAD.match(lines[at])), None)
    return words_of(lines[first]) if first is not None else set()
