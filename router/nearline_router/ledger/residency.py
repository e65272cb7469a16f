"""Why a text had to stay, as a kind: the residency rules' own sentences may name a pattern or a language."""

from __future__ import annotations

# The kind by what is in the sentence; the first that fits. (`residency.rules`, `residency.memory`, `residency.ignore`)
_KINDS = (
    ("everything stays", "everything"),
    ("it is said to", "request"),
    ("found in", "secret"),
    ("language ", "language"),
    ("its path ", "path"),
    ("this workspace stays", "workspace"),
    ("of this workspace", "ignore file"),
)


def kind_of(reason: str) -> str:
    """`everything`, `request`, `secret`, `language`, `path`, `workspace`, `ignore file`, `other`; "" for no reason."""
    return next((kind for words, kind in _KINDS if words in reason), "other") if reason else ""
