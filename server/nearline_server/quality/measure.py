"""A model's outcomes at the shipped holes: what it said, compared and run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from nearline_router.router import Router
from nearline_server.quality.hole import Hole, exact
from nearline_server.quality.pipeline import suggestion
from nearline_server.quality.sandbox import passes

# One letter a hole: exactly what stood there; something else that works; wrong. Nothing of the text is kept.
Letter = Literal["e", "p", "w"]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One letter for each hole, in the order of the holes."""

    letters: str

    @property
    def count(self) -> int:
        """How many holes there were."""
        return len(self.letters)

    @property
    def exact(self) -> int:
        """How many were filled with what stood there."""
        return self.letters.count("e")

    @property
    def right(self) -> int:
        """How many were filled with that, or with something that works."""
        return self.count - self.letters.count("w")

    def against(self, other: Outcomes) -> tuple[int, int]:
        """How many holes are wrong here and right there, and how many the other way round."""
        changes = [(here == "w") - (there == "w") for here, there in zip(self.letters, other.letters, strict=True)]
        return changes.count(1), changes.count(-1)


async def measured(router: Router, holes: Iterable[Hole], on_hole: Callable[[], None] = lambda: None) -> Outcomes:
    """Fill every hole, one after the other; `on_hole` is called after each. Raises RouterError."""
    letters: list[Letter] = []
    for hole in holes:
        letters.append(await _outcome(hole, (await suggestion(router, hole)).text))
        on_hole()
    return Outcomes("".join(letters))


async def _outcome(hole: Hole, text: str) -> Letter:
    if exact(hole, text):
        return "e"
    works = bool(text and hole.check) and await asyncio.to_thread(passes, hole.program(text))
    return "p" if works else "w"
