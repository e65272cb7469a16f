"""What of an answer without fences is code, and what is talk around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nearline_server.actions.answer.words import words_of

_CODE_SPAN = re.compile(r"\s*(?P<ticks>`{1,3})(?P<code>[^`\n]+)(?P=ticks)\s*")
_LIST_MARK = re.compile(r"(?:[-*•]|\d+[.)])\s+")
_CAPITALISED = re.compile(r"(?:[A-Z][a-z]*(?:['’][a-z]+)?|I)\b")
_NOT_IN_PROSE = re.compile(r"[=;{}<>\[\]\\|_]|\w\(")
# A guess, on the safe side: an answer that has less of the original's words is talk.
LEAST_IN_COMMON = 0.3


def bare(text: str, original: str) -> tuple[str | None, str]:
    """The code and the prose of an answer without fences."""
    span = _CODE_SPAN.fullmatch(text)
    if span:
        return span["code"], ""
    lines, kept = text.strip("\n").split("\n"), [line for line in original.split("\n") if line.strip()]
    start, end = 0, len(lines)
    while start < end and _is_chatter(lines[start], kept[:1]):
        start += 1
    while end > start and _is_chatter(lines[end - 1], kept[-1:]):
        end -= 1
    code, words = "\n".join(lines[start:end]), words_of(original)
    if start == end or len(words_of(code) & words) < LEAST_IN_COMMON * len(words):
        return None, text.strip()
    return code, "\n".join([*lines[:start], *lines[end:]]).strip()


def _is_chatter(line: str, original: Sequence[str]) -> bool:
    return not line.strip() or (_is_prose(line) and not any(map(_is_prose, original)))


def _is_prose(line: str) -> bool:
    """Whether it reads as a sentence: a capital, words, no sign that only code has."""
    text = _LIST_MARK.sub("", re.sub("`[^`]*`", "x", line).strip(), count=1).replace("**", "")
    if not _CAPITALISED.match(text) or _NOT_IN_PROSE.search(text):
        return False
    words = len(text.split())
    return words >= 5 or text[-1] in ".!" or (words >= 2 and text[-1] in ":?")
