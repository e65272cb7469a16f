"""Values that look random, given to a name that says secret: `api_key = "..."`, `DB_PASSWORD=...`, `token: ...`.

The names and the limits on entropy are this project's own, tried on the whole standard library of Python 3.11.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

# A value behind `=` or `:`: quoted, or up to the end of the line as in .env, YAML and INI files.
_VALUES = tuple(
    re.compile(
        sign + r"""[ \t]{0,4}(?:[rbuf]?(?P<quote>["'`])(?P<quoted>[^\s"'`]{8,200}+)(?P=quote)"""
        r"""|(?P<bare>[^\s"'`(){}\[\]<>,;&|\\]{8,200}+)[ \t]{0,4}(?=[\r\n;&#]|\Z))"""
    )
    for sign in ("=", ":")
)
_NAME = (
    r"(?:(?P<password>passw(?:or)?d|passphrase|pwd)|secret|token|api[_-]?key|(?:access|auth|private|signing|"
    r"encryption|account|master)[_-]?key|credentials?)[\w.-]{0,24}"
)
# One of these, or `key`, is in every such name.
NAME_MARKS = ("passw", "passphrase", "pwd", "secret", "token", "credential")
# What may stand between a name and its sign: a closing quote or bracket, a type.
_BEFORE_QUOTED = re.compile(
    _NAME + r"""["'`]?\]?(?:[ \t]{0,2}:[ \t]{0,2}[\w.\[\]|, ]{1,40})?[ \t]{0,24}[:=]?\Z""", re.IGNORECASE
)
_BEFORE_BARE = re.compile(
    r"(?:\A|[\n;&?])[ \t]{0,32}(?:(?:export|ENV|ARG|set|-)[ \t])?"
    r"(?-i:(?P<constant>(?=[A-Z0-9_]{4,64}\Z)))?[\w.-]{0,40}?" + _NAME + r"[ \t]{0,4}\Z",
    re.IGNORECASE,
)
_NAME_REACH = 128
# Values that stand for a secret, name one, or say where it is.
_NO_VALUE = re.compile(
    r"[$%]?\{|^[$%<@]|^[\w.]*(?:\(|\[)|^(?:\.{0,2}/|https?:|file:|urn:|[A-Za-z]:\\)|"
    r"passw|passphrase|secret|token|api.?key|credential|example|change.?me|dummy|placeholder|sample|your|"
    r"x{4}|\*{3}|\.{3}|abcdef|123456789",
    re.IGNORECASE,
)


def assigned(text: str) -> Iterator[tuple[str, int, int]]:
    """The kind, the start and the end of every such value, without its quotes."""
    for values in _VALUES:
        for match in values.finditer(text):
            group = "quoted" if match["quoted"] else "bare"
            if _is_mixed(match[group]) and (kind := _kind(text, match, group)):
                yield kind, *match.span(group)


def _kind(text: str, match: re.Match[str], group: str) -> str | None:
    before = text[max(0, match.start() - _NAME_REACH) : match.start()]
    if not any(mark in before.lower() for mark in ("key", *NAME_MARKS)):
        return None
    name = (_BEFORE_QUOTED if group == "quoted" else _BEFORE_BARE).search(before)
    if name is None or not _looks_random(match[group], bool(name["password"])):
        return None
    if group == "bare" and not (_is_scattered(match["bare"]) or _is_constant(name, match)):
        return None
    return "password" if name["password"] else "secret value"


def _is_constant(name: re.Match[str], value: re.Match[str]) -> bool:
    """Whether it is `NAME=value` as in .env; with a space or a small name a bare value is often a name in code."""
    return name["constant"] is not None and value.start("bare") == value.start() + 1


def _is_mixed(value: str) -> bool:
    """Whether there are a letter and a digit, or a letter and a mark that names do not have."""
    return (
        not value.isalpha()
        and re.search(r"\d|[!#^&*~+?$@]", value) is not None
        and re.search("[A-Za-z]", value) is not None
    )


def _looks_random(value: str, is_password: bool) -> bool:
    """Whether a value may be a secret; people's passwords are less random than machines' keys."""
    return _entropy(value) >= (2.5 if is_password else 3.0) and _NO_VALUE.search(value) is None


def _is_scattered(value: str) -> bool:
    """Whether letters and digits take turns as they do not in names, or there is a mark that names do not have."""
    return (
        len(re.findall(r"(?<=[A-Za-z])\d|(?<=\d)[A-Za-z]", value)) >= 3 or re.search(r"[!#^*~+@=]", value) is not None
    )


def _entropy(value: str) -> float:
    """Shannon's entropy in bits for each character."""
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())
