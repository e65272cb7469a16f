"""Code with a piece taken out, and how near a suggestion comes to it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Hole:
    """`before` + `target` + `after` is the code as somebody wrote it.

    `source` is what holes of one origin share: they are alike, so statistics must not count them as independent.
    `multiline` says that several lines are missing. `check` is Python that raises when the whole program, put
    before it, is wrong; "" where nothing is run.
    """

    name: str
    source: str
    path: str
    language: str
    before: str
    target: str
    after: str
    multiline: bool = False
    check: str = ""

    @property
    def behind_cursor(self) -> str:
        """What an editor has behind the cursor: a hole of whole lines is an empty line there, which keeps its end."""
        return "\n" + self.after if self.target.endswith("\n") else self.after

    def program(self, text: str) -> str:
        """What is run to see whether a suggestion works."""
        return f"{self.before}{text}{self.behind_cursor}\n{self.check}\n"


def exact(hole: Hole, text: str) -> bool:
    """Whether the suggestion is what stood there, but for empty lines around it and white space at its lines' ends."""
    return _lines(text) == _lines(hole.target)


def similarity(hole: Hole, text: str) -> float:
    """0 (nothing in common) to 1 (the same): difflib's ratio of characters in common to all."""
    return SequenceMatcher(None, text.rstrip(), hole.target.rstrip(), autojunk=False).ratio()


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    return lines
