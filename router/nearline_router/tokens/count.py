"""A number of tokens that says where it comes from, so that nobody takes a guess for a count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearline_router.types import Usage

Source = Literal["words", "characters", "bpe", "server", "learned", "reported"]


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens of one text.

    `source`, from the roughest to what is billed: `words` (the reference design's words times 1.3), `characters`
    (times what code has on average), `learned` (the characters times what the endpoint's own reports taught), `bpe`
    (a public tokenizer, exact for the models that use it), `server` (the tokenizer of the server that will read it),
    `reported` (the endpoint's own usage).
    """

    tokens: int
    source: Source


def reported_input(usage: Usage) -> TokenCount | None:
    """The whole prompt of an attempt as the endpoint counted it, cached tokens included; None when it said nothing."""
    if usage.evaluated_tokens is None:
        return None
    return TokenCount(usage.evaluated_tokens + (usage.cached_tokens or 0), "reported")
