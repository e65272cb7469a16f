"""The same model under the names that a configuration, an API and a bill give it."""

from __future__ import annotations

import re
from functools import lru_cache

# "claude-sonnet-4-5-20250929", "gpt-4.1-2025-04-14": the day of a version.
DATED = re.compile(r"-(20\d{6}|20\d\d-\d\d-\d\d)(?=$|[:,])")
# OpenRouter's variants (":free"), and what a line of OpenAI's costs says behind a comma ("gpt-4.1, input").
VARIANT = re.compile(r"[:,].*$", re.DOTALL)


@lru_cache(4096)
def model_key(name: str) -> tuple[str, ...]:
    """What all spellings of a model's name have in common; () for no name.

    The vendor before a slash, the day of a version and the variant are left out, and the words are sorted:
    "anthropic/claude-4.5-sonnet-20250929" and "Claude Sonnet 4.5" are the same.
    """
    bare = name.strip().lower().rpartition("/")[2]
    bare = VARIANT.sub("", DATED.sub("", bare))
    return tuple(sorted(word for word in re.split(r"[^a-z0-9]+", bare) if word and word != "latest"))
