"""A commit message as an answer has it."""

from __future__ import annotations

from nearline_server.actions.answer.fences import fenced


def message_of(answer: str) -> str:
    """Without the fence that small models put around it although they are asked not to; else as it is."""
    blocks, outside = fenced(answer.strip(), "")
    return blocks[0].code.strip("\n") if len(blocks) == 1 and blocks[0].closed and not outside.strip() else answer
