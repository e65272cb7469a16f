"""What kind of answer a place asks for: the rest of a line or a block, and what bounds it."""

from __future__ import annotations

import re

from nearline_server.completion.place import Place
from nearline_server.completion.trim import TrimContext
from nearline_server.documents.buffer import content, split_lines

NEIGHBOUR_LINES = 8
# What ends a line whose block comes next: Python and YAML, braces, arrows, Ruby, shell, Lua, Pascal.
OPENS_BLOCK = re.compile(r"(?:[:{]|=>|->|\b(?:then|do|else|begin))\s*\Z")


def asks_for_block(place: Place, invoked: bool) -> bool:
    """Whether several lines make sense here: where a block begins, or where the user asks for it."""
    if place.line_after.strip():
        return False
    if invoked:
        return True
    line = place.line_before
    if line.strip():
        inside_brackets = any(line.count(opener) > line.count(closer) for opener, closer in ("()", "[]"))
        return bool(OPENS_BLOCK.search(line)) and not inside_brackets
    above = place.before[-200 - len(line) :].rstrip()
    return bool(OPENS_BLOCK.search(above)) or above.endswith(("(", "["))


def trim_context(place: Place, multiline: bool) -> TrimContext:
    """What the stop rules and trims need to know of a place."""
    above = place.before[: len(place.before) - len(place.line_before)]
    below = place.after[len(place.line_after) :]
    return TrimContext(
        before=place.line_before,
        after=place.line_after,
        lines_before=tuple(map(content, split_lines(above)[:-1][-NEIGHBOUR_LINES:])),
        lines_after=tuple(map(content, split_lines(below)[1 : NEIGHBOUR_LINES + 1])),
        language=place.language,
        multiline=multiline,
        complete=True,
    )
