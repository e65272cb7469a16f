"""What a change would do to a file, as `git diff` shows it."""

from __future__ import annotations

import difflib
import re

import click

# Lines as git and patch see them; a carriage return is a character like any other.
LINE = re.compile(r"[^\n]*\n|[^\n]+")
COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def unified(path: str, before: str, after: str) -> str:
    """The unified diff, "" if nothing changes. Applied as a patch it gives exactly `after`."""
    lines = difflib.unified_diff(LINE.findall(before), LINE.findall(after), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def coloured(diff: str) -> str:
    """The diff for a terminal that shows colours."""
    lines = LINE.findall(diff)
    headers = [click.style(line, bold=True) for line in lines[:2]]
    return "".join([*headers, *(click.style(line, fg=COLOURS.get(line[0])) for line in lines[2:])])
