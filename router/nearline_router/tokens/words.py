"""The reference design's estimate, 1.3 tokens a word of English: of code it finds half (`tests/bench/tokens.py`)."""

from __future__ import annotations

import math

from nearline_router.tokens.count import TokenCount

TOKENS_PER_WORD = 1.3


def words(text: str) -> TokenCount:
    """`Math.ceil(text.split(/\\s+/).length * 1.3)`, but that white space at either end makes no word.

    JavaScript's split counts an empty string before and after such white space, up to two words too many, and 2 tokens
    for an empty text. That is an accident and not part of the estimate: here an empty text has none.
    """
    return TokenCount(math.ceil(len(text.split()) * TOKENS_PER_WORD), "words")
