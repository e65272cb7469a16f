"""Whether an answer's code is whole: models put a comment where they do not repeat something."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"\s*(?:#|//|--|\{?/\*|\*|<!--|;|%)+\s*(?P<text>.*?)\s*(?:\*/\}?|-->)?\s*")
_THING = r"(?:code|functions?|methods?|class|implementation|logic|body|file)"
_LEFT_OUT = re.compile(
    rf"\(?(?:\.{{3}}|…|(?:the )?(?:rest|remainder) of (?:the |your |this )?(?:\w+ )?{_THING}\b"
    rf"|(?:existing|remaining|previous|other|original) {_THING}\b"
    rf"|.*\b(?:rest|{_THING})\b.*\b(?:unchanged|same as before|omitted|remains? the same)\b)",
    re.IGNORECASE,
)


def leaves_out(code: str, original: str) -> bool:
    """Whether a comment stands for code that the model did not repeat."""
    known = {line.strip() for line in original.split("\n")}
    comments = (_COMMENT.fullmatch(line) for line in code.split("\n") if line.strip() not in known)
    return any(comment and _LEFT_OUT.match(comment["text"]) for comment in comments)
