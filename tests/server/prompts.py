"""What the prompts say that the scripted llama.cpp server was given."""

from __future__ import annotations

import re
from typing import Any

# The scripted tokenizer: bytes of the text below, control tokens from here on.
FIRST_CONTROL = 100_000


def around_cursor(body: dict[str, Any]) -> tuple[str, str]:
    """Reads a prompt of Qwen's: prefix, suffix, middle, and what token healing forces as the first output."""
    texts: list[bytearray] = []
    for token in body["prompt"]:
        if token >= FIRST_CONTROL:
            texts.append(bytearray())
        else:
            texts[-1].append(token)
    prefix, suffix, middle = (text.decode() for text in texts)
    return prefix + middle + _forced(body), suffix


def _forced(body: dict[str, Any]) -> str:
    literal = re.match(r'root ::= "((?:[^"\\]|\\.)*)"', body.get("grammar", ""))
    return literal[1].encode().decode("unicode_escape") if literal else ""
