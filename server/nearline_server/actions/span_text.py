"""The text that stands in a span."""

from __future__ import annotations

from nearline_server.actions.values import Span
from nearline_server.documents.buffer import split_lines


def text_in(text: str, span: Span) -> str:
    """What stands between the span's places; columns past a line's end are its end."""
    (first, left), (last, right) = span.start, span.end
    lines = split_lines(text)[first : last + 1]
    lines[-1] = lines[-1][:right]
    lines[0] = lines[0][left:]
    return "".join(lines)
