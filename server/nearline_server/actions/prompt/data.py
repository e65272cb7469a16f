"""Text that a model works on and takes no orders from: fenced, so that none of it can pass for anything else.

A fence is found by what the text has in it and not by chance, so that the same text is the same prompt, which caches
know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from nearline_server.documents.buffer import well_formed

FENCE = re.compile(r"data-(\d+)", re.ASCII)
LINE_END = re.compile(r"\r\n?")
LONGEST_LABEL_CHARS = 200


def fence_for(texts: Iterable[str]) -> str:
    """`data-1`, or with the first number such that it occurs in none of the texts, in small letters or capitals."""
    numbers = {number for text in texts for number in FENCE.findall(text.lower())}
    taken = {number[:length] for number in numbers for length in range(1, len(number) + 1)}
    return f"data-{next(number for number in range(1, len(taken) + 2) if str(number) not in taken)}"


def plain(text: str) -> str:
    """Text as models read it best: one kind of line end, and nothing that cannot be sent."""
    return LINE_END.sub("\n", well_formed(text))


def label(text: str) -> str:
    """A short text that is one line in quotes, such as a file's name, which may be anything."""
    shown = "".join(character if character.isprintable() else "?" for character in plain(text)[:LONGEST_LABEL_CHARS])
    return json.dumps(shown, ensure_ascii=False)


def inline(fence: str, text: str) -> str:
    """A short text within a line."""
    return f"<{fence}>{label(text)}</{fence}>"


def block(fence: str, text: str, **labels: str) -> str:
    """A text on lines of its own between those of the fence, of which the first says what it is."""
    said = " ".join(f"{key}={label(value)}" for key, value in labels.items())
    ended = text if text.endswith("\n") or not text else f"{text}\n"
    return f"<{fence} {said}>\n{ended}</{fence}>\n"


def marks(fence: str) -> tuple[str, str]:
    """What stands before and after the range in a block; a text without the fence's number has neither."""
    return f"<{fence}-range>", f"</{fence}-range>"
