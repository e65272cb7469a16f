"""Secrets taken out of a text that may leave, with a word for the kind of each in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from nearline_router.residency.secrets import Span, spans
from nearline_router.types import Chat, Infill, Prompt

# What stands for a secret begins so; an answer in which it occurs would put it where the secret is.
MARK = "[redacted: "

# Above the longest keys in use: RSA of 16384 bits is 13 kB in PEM, OpenPGP with many subkeys some more.
LONGEST_BLOCK = 32_768
# `-----BEGIN ENCRYPTED ` and the like before what `spans` finds of a private key.
_OPENING = re.compile(r"-----(BEGIN|END)[A-Z0-9 ]{0,24}\Z")
_END = re.compile(r"-----END[A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----")
# Lines of a key as text (RFC 7468, 3) and as a literal of source code; what is shorter than a line ends a key.
_MARKS = r"[\s\"'`,;#*>|\\()-]"
_BETWEEN, _BETWEEN_BACKWARDS = rf"(?:\\[nrt]|{_MARKS})*+", rf"(?:[nrt]\\|{_MARKS})*+"
_LINE, _REST = r"[A-Za-z0-9+/=]{24,}+", r"[A-Za-z0-9+/=]{1,23}+"
_HEADER = r"[A-Z][A-Za-z-]{2,20}+:[ ][^\n\\\"]{1,80}+"
_BODY = re.compile(rf"(?:{_BETWEEN}(?:{_HEADER}|{_LINE}))++(?:{_BETWEEN}{_REST}(?=[ \t]*+(?:[\r\n\\\"'`]|\Z)))?")
_BODY_BACKWARDS = re.compile(rf"(?:{_BETWEEN_BACKWARDS}{_REST}(?![A-Za-z0-9+/=]))?(?:{_BETWEEN_BACKWARDS}{_LINE})++")


def redacted(prompt: Prompt) -> tuple[Prompt, int]:
    """A prompt without the secrets that are found in it, and how many these are.

    An Infill comes back as it is: its text belongs to a cursor, so rules keep one with a secret at home.
    """
    if isinstance(prompt, Infill):
        return prompt, 0
    if isinstance(prompt, str):
        return redacted_text(prompt)
    system, total = redacted_text(prompt.system)
    messages = []
    for message in prompt.messages:
        text, count = redacted_text(message.text)
        messages.append(replace(message, text=text))
        total += count
    return Chat(system, tuple(messages)), total


def redacted_text(text: str) -> tuple[str, int]:
    """A text with `[redacted: <kind>]` for each secret, and how many there were. No secret is found in the result."""
    total = 0
    # What is taken out can bring a name and a value together that were apart; every turn makes the rest smaller.
    while found := _apart(text):
        total += len(found)
        for span in reversed(found):
            text = f"{text[: span.start]}{MARK}{span.kind}]{text[span.end :]}"
    return text, total


def _apart(text: str) -> list[Span]:
    """What to take out, in order; of secrets that overlap the whole stretch, by the name of the first."""
    merged: list[Span] = []
    for span in sorted(_whole(text), key=lambda one: (one.start, one.end)):
        if merged and span.start < merged[-1].end:
            span = Span(merged[-1].kind, merged[-1].start, max(merged.pop().end, span.end))
        merged.append(span)
    return merged


def _whole(text: str) -> Iterator[Span]:
    for span in spans(text):
        if span.kind == "private key":
            yield Span(span.kind, *_block(text, span))
        elif span.kind == "password in an address":
            # The rest of the address says what it is about.
            start, end = text.index(":", span.start + len("://")) + 1, text.rindex("@", span.start, span.end)
            yield Span(span.kind, start, end)
        else:
            yield span


def _block(text: str, span: Span) -> tuple[int, int]:
    """A private key from its first line to its last; if one is missing, as far as there are lines of a key."""
    opening = _OPENING.search(text, max(0, span.start - 40), span.start)
    start = opening.start() if opening else span.start
    if opening is None or opening[1] == "BEGIN":
        end = _END.search(text, span.end, span.end + LONGEST_BLOCK)
        if end is None:
            end = _BODY.match(text, span.end, span.end + LONGEST_BLOCK)
        return start, end.end() if end else span.end
    before = _BODY_BACKWARDS.match(text[max(0, start - LONGEST_BLOCK) : start][::-1])
    return start - (before.end() if before else 0), span.end
