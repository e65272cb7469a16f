"""A text for every state of a document, so that ghost text on a screen can be seen to belong to what is there.

The text at a cursor is made of a hash of the file's name and all that stands before and behind it. Typed along, a text
goes on to fit; any other change of the document makes another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

# Typed along, or taken word by word.
LONGEST = 64
ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def text_for(name: str, before: str, after: str) -> str:
    """Three words, now and then with a further line; nothing for one state in eight."""
    digest = hashlib.sha256("\0".join((name, before, after)).encode()).digest()
    if digest[0] % 8 == 0:
        return ""
    words = ["".join(ALPHABET[byte % 26] for byte in digest[start : start + 5]) for start in (1, 6, 11)]
    return " ".join(words) + ("\n" + words[0] if digest[0] % 8 == 1 else "")


def fits(name: str, before: str, ghost: str, after: str) -> bool:
    """Whether this ghost text is what was answered for this state, or what is left of one that was typed along.

    VS Code draws the first line and the further ones some milliseconds apart, so each is looked at by itself. Of
    further lines alone it is not seen where the cursor stands: they must belong to some place in the document.
    """
    first, _, further = ghost.partition("\n")
    whole = before + after
    places = [(before, after)] if first else [(whole[:cursor], whole[cursor:]) for cursor in range(len(whole) + 1)]
    texts = [text.partition("\n") for place in places for text in _left(name, *place)]
    return (not first or first in {text[0] for text in texts}) and (
        not further or further in {text[2] for text in texts}
    )


def _left(name: str, before: str, after: str) -> Iterator[str]:
    """What may stand behind `before`: all of its own text, or what is left of that of an earlier state."""
    for typed in range(min(LONGEST, len(before)) + 1):
        then, along = before[: len(before) - typed], before[len(before) - typed :]
        if (text := text_for(name, then, after)).startswith(along):
            yield text[typed:]
