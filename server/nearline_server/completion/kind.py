"""What kind of suggestion it is: where its cursor stands, and how much it says.

Nine kinds that a person can name, and that one glance at the cursor's line tells apart. More of them would know the
user better and learn for longer: each needs some dozens of suggestions before anything is known of it.
"""

from __future__ import annotations

from enum import StrEnum

from nearline_server.completion.place import Place

# Half of all lines of code have no more characters (Copilot's completions-core, features.ts: "p50 line is 19 chars").
SHORT_CHARS = 19


class Kind(StrEnum):
    """A place and a length; of several lines it is a block, wherever it begins."""

    WORD_SHORT = "word-short"
    WORD_LONG = "word-long"
    MEMBER_SHORT = "member-short"
    MEMBER_LONG = "member-long"
    LINE_START_SHORT = "line-start-short"
    LINE_START_LONG = "line-start-long"
    LINE_REST_SHORT = "line-rest-short"
    LINE_REST_LONG = "line-rest-long"
    BLOCK = "block"


def kind_of(place: Place, text: str) -> Kind:
    """The kind of a suggestion that is to be shown at a place; costs the length of the text."""
    if "\n" in text or "\r" in text:
        return Kind.BLOCK
    length = "short" if len(text) <= SHORT_CHARS else "long"
    return Kind(f"{_where(place.line_before)}-{length}")


def _where(line: str) -> str:
    if not line.strip():
        return "line-start"
    if line[-1].isalnum() or line[-1] == "_":
        return "word"
    return "member" if line.endswith((".", "->", "::")) else "line-rest"
