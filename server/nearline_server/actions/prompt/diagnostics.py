"""The problems at a place, in words."""

from __future__ import annotations

from nearline_server.actions.prompt.data import plain
from nearline_server.actions.values import Diagnosed, Subject
from nearline_server.documents.buffer import split_lines

# A place with more problems than these has one that is behind them all.
MOST_DIAGNOSTICS = 20
LONGEST_CHARS = 500


def diagnosed(subject: Subject) -> str:
    """A line for each problem and the line of the document it is in; "" if there are none."""
    lines = split_lines(subject.text) if subject.diagnostics else []
    return "".join(_line(one, lines) for one in subject.diagnostics[:MOST_DIAGNOSTICS])


def _line(one: Diagnosed, lines: list[str]) -> str:
    """Lines count from 1, as in what editors and compilers show."""
    number = one.span.start[0]
    whence = " ".join(part for part in (one.source, one.code) if part)
    at = lines[number].strip() if number < len(lines) else ""
    text = f"line {number + 1}: {one.message}{f' ({whence})' if whence else ''}"
    return f"{plain(text)[:LONGEST_CHARS]}\n  in: {plain(at)[:LONGEST_CHARS]}\n"
