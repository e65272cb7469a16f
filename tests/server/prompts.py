"""What the prompts say that the scripted llama.cpp server was given."""

from __future__ import annotations

import re
from typing import Any

# The scripted tokenizer: bytes of the text below, control tokens from here on.
FIRST_CONTROL = 100_000


def around_cursor(body: dict[str, Any]) -> tuple[str, str]:
    """What a completion was told to stand before and behind the cursor."""
    *_, prefix, suffix, middle = _segments(body)
    return prefix + middle + _forced(body), suffix


def named_file(body: dict[str, Any]) -> str:
    """The file's path, as a completion was told it; "" for none."""
    *before, _, _, _ = _segments(body)
    return before[0].strip() if before else ""


def _segments(body: dict[str, Any]) -> list[str]:
    """The texts of a prompt of Qwen's, one behind each control token: perhaps the file, prefix, suffix, middle."""
    texts: list[bytearray] = []
    for token in body["prompt"]:
        if token >= FIRST_CONTROL:
            texts.append(bytearray())
        else:
            texts[-1].append(token)
    return [text.decode() for text in texts]


def _forced(body: dict[str, Any]) -> str:
    """What token healing makes the first output."""
    literal = re.match(r'root ::= "((?:[^"\\]|\\.)*)"', body.get("grammar", ""))
    return literal[1].encode().decode("unicode_escape") if literal else ""
