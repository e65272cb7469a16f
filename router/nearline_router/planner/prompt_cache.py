"""What an endpoint still has in its prompt cache, as far as can be known from what it was sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from nearline_router.planner.average import MovingMedian
from nearline_router.tokens.text import characters
from nearline_router.types import Chat, Infill, Prompt, Usage

# llama.cpp keeps the prompts that were in its slot before this one in memory; eight are a few windows, their wide
# ones and an action. A server that keeps only the last prompt costs one wrong prediction after each change.
REMEMBERED = 8
# Nearer than this to a prompt that was sent no other is looked for: a keystroke's few characters.
NEAR_CHARACTERS = 16
# A prompt that keeps this much of another is read over it, so that the other is gone; else llama.cpp puts that away.
REPLACED_SHARE = 0.5
# How much of what should be in the cache is found there: the newest reports, of which two in a row teach nothing yet.
REPORTS, DOUBTS = 7, 3
# From this share of a prompt on, what should be in the cache teaches something; less is a few tokens either way.
WORTH_LEARNING_SHARE = 0.5
SOON_CHARACTERS = 16

Pieces = tuple[str, ...]


class PromptCache:
    """The prompts that one endpoint was sent last, and how much of them it has been found to keep.

    A keystroke reads one to five tokens anew where its window was sent before, and all of them where it is new; no
    average of the two is right for either. Prompts are kept in memory only.
    """

    def __init__(self) -> None:
        self._prompts: deque[Pieces] = deque(maxlen=REMEMBERED)
        self._kept = MovingMedian(1.0, REPORTS, DOUBTS, least=0.0, most=1.0)
        self._reports = False

    def anew(self, prompt: Prompt) -> float | None:
        """The share of the prompt's characters that will be read anew; None: it has not said that it keeps anything."""
        if not self._reports:
            return None
        length = characters(prompt)
        common, _ = self._nearest(_pieces(prompt), length)
        return 1.0 - self._kept.value * _share(common, length)

    def sent(self, prompt: Prompt) -> float:
        """It is sent this now. Returns the share of its characters that were sent before."""
        pieces = _pieces(prompt)
        common, nearest = self._nearest(pieces, characters(prompt))
        if nearest and common >= _length(nearest) * REPLACED_SHARE:
            self._prompts.remove(nearest)
        self._prompts.appendleft(pieces)
        return _share(common, characters(prompt))

    def observe(self, shared: float, usage: Usage) -> None:
        """Learn from an attempt whose `sent` gave `shared`, and what it found in the cache then."""
        read, cached = usage.evaluated_tokens, usage.cached_tokens
        if read is None or cached is None or read + cached <= 0:
            return
        self._reports = True
        if shared < WORTH_LEARNING_SHARE:
            return
        found = cached / (read + cached) / shared
        if found < self._kept.value / 2:
            # It was started anew, or somebody else's prompts took the place of ours.
            self._forget_all_but_the_newest()
        self._kept.observe(found)

    def state(self) -> dict[str, float]:
        """What `restore` needs to go on from here; no prompt is in it."""
        return {"kept": self._kept.value} if self._reports else {}

    def restore(self, state: Mapping[str, object]) -> None:
        """Go on from a `state()`; anything else is ignored."""
        kept = state.get("kept")
        if isinstance(kept, int | float) and 0 <= kept <= 1:
            self._reports = True
            self._kept.restore(float(kept))

    def _nearest(self, pieces: Pieces, length: int) -> tuple[int, Pieces | None]:
        """The prompt that it has the longest beginning in common with, and how many characters that is."""
        most, nearest = 0, None
        for other in self._prompts:
            if other[0] == pieces[0] and (common := _common(pieces, other)) > most:
                most, nearest = common, other
            if most >= length - NEAR_CHARACTERS:
                break
        return most, nearest

    def _forget_all_but_the_newest(self) -> None:
        while len(self._prompts) > 1:
            self._prompts.pop()


def _pieces(prompt: Prompt) -> Pieces:
    """Its text in the order in which it is read; what is typed comes last. The first piece only has to be the same."""
    if isinstance(prompt, Infill):
        others = [snippet.text for snippet in prompt.context]
        return prompt.path, *others, prompt.prefix, prompt.suffix, prompt.middle
    if isinstance(prompt, Chat):
        return "", prompt.system, *[message.text for message in prompt.messages]
    return "", prompt


def _length(pieces: Pieces) -> int:
    return sum(map(len, pieces[1:]))


def _share(common: int, length: int) -> float:
    return min(1.0, common / length) if length else 0.0


def _common(one: Pieces, other: Pieces) -> int:
    """How many characters both begin with, behind their first pieces."""
    common = 0
    for mine, theirs in zip(one[1:], other[1:], strict=False):
        if mine != theirs:
            return common + _common_beginning(mine, theirs)
        common += len(mine)
    return common


def _common_beginning(one: str, other: str) -> int:
    """By halves: comparing slices costs less than looking at each character. Most texts differ soon."""
    most = min(len(one), len(other))
    if most > SOON_CHARACTERS and one[:SOON_CHARACTERS] != other[:SOON_CHARACTERS]:
        most = SOON_CHARACTERS
    elif one[:most] == other[:most]:
        return most
    least = 0
    while most - least > 1:
        middle = (least + most) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle
    return least
