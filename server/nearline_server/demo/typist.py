"""What is typed and when: a real file with a hole that is typed in again, key by key, with a person's pauses."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Gaps between keys are log-normal with this median and spread; people at a keyboard look like this.
MEDIAN_GAP_S = 0.180
SPREAD = 0.45
# A new line and its indentation are one key: the editor indents.
KEY = re.compile(r"\r?\n[ \t]*|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Script:
    """A document in three parts: what stands before the hole, what is to be typed, and what stands behind."""

    before: str
    typed: str
    after: str

    def keys(self) -> Iterator[str]:
        """The keys in order."""
        return (match[0] for match in KEY.finditer(self.typed))


def script_for(text: str, chars: int, seed: int) -> Script:
    """A hole of about `chars` in a file: it begins at a line's start in the middle third and ends at a line's end.

    Lines that hold more than comments are preferred as the first one, chosen by the seed.
    """
    starts = [match.start() for match in re.finditer(r"^[ \t]*\w", text, re.MULTILINE)]
    middle = [start for start in starts if len(text) // 3 <= start <= 2 * len(text) // 3] or starts or [0]
    start = random.Random(seed).choice(middle)  # noqa: S311 (a replay, not a secret)
    end = text.find("\n", min(len(text), start + chars))
    end = len(text) if end < 0 else end
    return Script(text[:start], text[start:end], text[end:])


def gaps_s(seed: int) -> Iterator[float]:
    """Seconds between keys, for ever, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 (a replay, not a secret)
    while True:
        yield rng.lognormvariate(0.0, SPREAD) * MEDIAN_GAP_S
