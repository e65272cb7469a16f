"""Keys that were pasted into a configuration file: found, and never repeated."""

from __future__ import annotations

import re

from nearline_router.residency.kinds import MARKED, TOKENS
from nearline_router.residency.secrets import Span, spans

# Not those that are known only by the name before them: `api_key_env: NAME` is what should stand here.
BY_FORM = frozenset(kind.name for kind in (*TOKENS, *MARKED))


def key_spans(text: str) -> list[Span]:
    """The keys and passwords in a text that are known by their form, by where they start."""
    return [span for span in spans(text) if span.kind in BY_FORM]


def redacted(text: str) -> str:
    """The text with such keys left out."""
    for span in reversed(key_spans(text)):
        text = f"{text[: span.start]}…{text[span.end :]}"
    return text


def looks_like_key(text: str) -> bool:
    """Whether this looks like a key of no known form: long, of one piece, letters and digits."""
    return re.fullmatch(r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,}", text) is not None
