"""Which of an answer's blocks is the one that was asked for."""

from __future__ import annotations

from nearline_server.actions.answer.fences import Block
from nearline_server.actions.answer.words import words_of

_OTHER_LANGUAGES = frozenset({"bash", "console", "diff", "output", "patch", "sh", "shell", "text"})
# A guess, on the safe side: where more of the original's words are in other blocks, the answer is in parts.
MOST_ELSEWHERE = 0.3


def of_blocks(blocks: list[Block], rest: str, original: str) -> tuple[str | None, str]:
    """The code of one block, None if none is the one, and the prose: the rest, and the other blocks."""
    chosen = _chosen(blocks, original)
    others = [str(block) for block in blocks if block is not chosen]
    return (chosen.code if chosen else None), "\n\n".join(part for part in (rest, *others) if part)


def _chosen(blocks: list[Block], original: str) -> Block | None:
    """The block that is most like the original without being it; None where the original is spread over several."""
    words = words_of(original)
    candidates = [block for block in blocks if block.code.strip() != original.strip()] or blocks[:1]
    candidates = [block for block in candidates if block.language not in _OTHER_LANGUAGES] or candidates
    if not words:
        return max(candidates, key=lambda block: len(block.code))
    best = max(candidates, key=lambda block: _likeness(words_of(block.code), words))
    together = words_of("\n".join(block.code for block in candidates)) & words
    return None if len(together - words_of(best.code)) > MOST_ELSEWHERE * len(words) else best


def _likeness(some: set[str], others: set[str]) -> float:
    return 2 * len(some & others) / max(1, len(some) + len(others))
