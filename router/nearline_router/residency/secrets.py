"""Keys and passwords in text, found by their form; what is returned says the kind, never the secret.

The first look is for what nearly no code has, with substring searches: that is what makes ordinary text cheap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nearline_router.residency.assignments import NAME_MARKS, assigned
from nearline_router.residency.kinds import MARKED, TOKENS, Kind

# No form is longer, so a secret that lies across a seam of two texts shows in so many characters on both sides.
LONGEST = 512

# The last long word of a Slack webhook has its team's name so far before it.
BEFORE_LONG_WORD = 40
# Bytes as classes: `a` where a token could be.
_CLASSES = bytes(97 if chr(c).isascii() and (chr(c).isalnum() or chr(c) in "_-") else 32 for c in range(256))
_RUN = b"a" * 20


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a text a secret of a kind stands, as offsets of characters."""

    kind: str
    start: int
    end: int


def find_secret(text: str) -> str | None:
    """The kind of the first secret that is found, as in "a <kind> was found"; None: there is none.

    It takes time in proportion to the text: about 7 us for 1000 characters of ordinary code.
    """
    return next((span.kind for span in _found(text)), None)


def spans(text: str) -> list[Span]:
    """All secrets in a text, by where they start; of a private key it is the line that begins or ends it."""
    return sorted(_found(text), key=lambda span: (span.start, span.end))


def _found(text: str) -> Iterator[Span]:
    plain = text.encode("ascii", "replace")
    caseless = plain.lower().decode()
    has_key = "key" in caseless
    for kind in MARKED if has_key else MARKED[:1]:
        if any(mark in text for mark in kind.marks):
            yield from (Span(kind.name, *match.span()) for match in kind.form.finditer(text))
    if long_words := _long_words(text, plain):
        for kind in TOKENS:
            if any(mark in long_words for mark in kind.marks):
                yield from _tokens(text, kind)
    if has_key or any(mark in caseless for mark in NAME_MARKS):
        yield from (Span(*each) for each in assigned(text))


def _tokens(text: str, kind: Kind) -> Iterator[Span]:
    for match in kind.form.finditer(text):
        before = text[max(0, match.start() - 2) : match.start()]
        # A letter before it makes it a part of something else, unless that is the n of a `\n`.
        if not before[-1:].isalnum() or before[0] == "\\":
            yield Span(kind.name, *match.span())


def _long_words(text: str, plain: bytes) -> str:
    """Where many letters and digits stand in a row, with what is just before: few places in ordinary code.

    `plain` is the text with one byte for each character.
    """
    classes = plain.translate(_CLASSES)
    words, end = set(), 0
    while (start := classes.find(_RUN, end)) >= 0:
        end = classes.find(b" ", start)
        end = len(text) if end < 0 else end
        if not _is_name(plain[start:end]):
            words.add(text[max(0, start - BEFORE_LONG_WORD) : end])
    return "\n".join(words)


def _is_name(word: bytes) -> bool:
    """Whether a long word is a name in small or in capital letters, or a line of dashes, as no token is."""
    if word.islower() or (word.isupper() and b"_" in word):
        return len(word.translate(None, b"0123456789")) == len(word)
    return not word.strip(b"-_")
