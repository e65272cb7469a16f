"""The fenced blocks of an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nearline_server.actions.answer.indentation import margin_of
from nearline_server.actions.answer.prose import bare

# A fence may stand behind a list mark or behind what announces it.
_OPENING = re.compile(
    r"(?P<lead>(?P<indent>[ \t]*)(?:(?:[-*>]|\d+[.)])[ \t]+)?|[^`~]*:[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)"
)
_BAR = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")
# A fence that is indented further than this against its opening belongs to the code (CommonMark 0.31, section 4.5).
_MOST_INDENT = 3


@dataclass(frozen=True, slots=True)
class Block:
    """One block without its fences; `closed`: both of them were there. As text it is fenced again."""

    code: str
    language: str
    fence: str
    closed: bool

    def __str__(self) -> str:
        return f"{self.fence}{self.language}\n{self.code}\n{self.fence}"


def fenced(text: str, original: str) -> tuple[list[Block], str]:
    """The blocks of a text, and what is outside of them.

    Where the original has fences of its own, its replacement goes on to the last fence of the answer.
    """
    lines, blocks, rest, at = text.split("\n"), [], [], 0
    greedy = any(_closes(line, "```", 0) or _closes(line, "~~~", 0) for line in _dedented(original))
    while at < len(lines):
        opening = _OPENING.fullmatch(lines[at])
        if not opening:
            rest.append(lines[at])
            at += 1
            continue
        rest.append(opening["lead"].rstrip())
        block, at = _block(lines, at, opening, greedy=greedy)
        blocks.append(block)
    if len(blocks) == 1 and not (blocks[0].closed or blocks[0].language or blocks[0].code.strip()):
        # One fence alone, at the end, closes what was never opened; behind talk it opens what never came.
        return ([], "\n".join(rest)) if bare("\n".join(rest), original)[0] is not None else (blocks, "")
    return blocks, re.sub(r"\n{3,}", "\n\n", "\n".join(rest)).strip()


def _block(lines: list[str], at: int, opening: re.Match[str], *, greedy: bool) -> tuple[Block, int]:
    """The block that opens on a line, and the line behind it."""
    fence, indent = opening["fence"], len(opening["indent"] or "")
    end = _closing(lines, at + 1, fence, indent, greedy=greedy)
    body = lines[at + 1 : end]
    code, closed = "\n".join(body), end is not None
    if not closed and code.rstrip().endswith(fence):
        # The closing fence stands behind the last line instead of below it.
        code, closed = code.rstrip()[: -len(fence)], True
    language = (opening["info"].split() or [""])[0].lower()
    return Block(code, language, fence, closed), len(lines) if end is None else end + 1


def _closing(lines: list[str], start: int, fence: str, indent: int, *, greedy: bool) -> int | None:
    """The line of the closing fence; fences within the code come in pairs."""
    depth, last = 1, None
    for number in range(start, len(lines)):
        bar = _closes(lines[number], fence, indent)
        if not bar:
            continue
        depth += 1 if bar["info"] else -1
        if not bar["info"]:
            last = number
        if depth == 0 and not greedy:
            return number
    return last if greedy else None


def _closes(line: str, fence: str, indent: int) -> re.Match[str] | None:
    bar = _BAR.fullmatch(line)
    fits = bar and bar["fence"].startswith(fence) and len(bar["indent"]) <= indent + _MOST_INDENT
    return bar if fits else None


def _dedented(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if line.strip()]
    base = len(margin_of(lines[0])) if lines else 0
    return [line[min(base, len(margin_of(line))) :] for line in lines]
