"""The part of a prompt that is the same for all that is asked about one document."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from nearline_router.types import Message
from nearline_server.actions.prompt.data import block, fence_for, plain
from nearline_server.actions.prompt.texts import FENCED, STABLE_END, STABLE_REPLY
from nearline_server.actions.values import OpenFile


def stable_part(conventions: str, definitions: Sequence[OpenFile]) -> tuple[Message, ...]:
    """Conventions and definitions as a message that caches keep, and a short reply; nothing if there are neither."""
    if not conventions and not definitions:
        return ()
    fence = fence_for([conventions, *(text for one in definitions for text in (one.path, one.language, one.text))])
    blocks = definition_blocks(fence, definitions)
    if conventions:
        blocks = block(fence, conventions, kind="conventions") + blocks
    text = f"{FENCED.format(fence=fence)}{blocks}{STABLE_END}"
    return Message("user", text, stable=True), Message("assistant", STABLE_REPLY)


def definition_blocks(fence: str, definitions: Sequence[OpenFile]) -> str:
    """A block for each document that definitions come from, in the order of their paths."""
    ordered = sorted(definitions, key=lambda one: (one.path, one.language))
    return "".join(
        block(fence, plain("\n\n".join(one.text for one in ones)), kind="definitions", path=path, language=language)
        for (path, language), ones in groupby(ordered, key=lambda one: (one.path, one.language))
    )


def beginning(text: str, chars: int) -> str:
    """At most so many characters of a text, ended at a line's end."""
    return text if chars >= len(text) else text[: text.rfind("\n", 0, chars) + 1]
