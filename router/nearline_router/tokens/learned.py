"""How many tokens an endpoint makes of a character, learned from the usage it reports."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nearline_router.tokens.count import TokenCount, reported_input
from nearline_router.tokens.text import characters
from nearline_router.types import Prompt, Usage

# 3.70 characters a token: Qwen2.5-Coder's and gpt-4o's over 209 prompts in 12 languages (`tests/bench/tokens.py`).
DEFAULT_TOKENS_PER_CHARACTER = 0.27
# What an endpoint adds to every prompt (a template, its own system text) would be most of a short one.
WORTH_LEARNING_CHARACTERS = 200
# No code reaches 10 characters a token: such a report leaves out what was cached, or the prompt was cut. And no
# tokenizer makes more tokens than bytes, of which UTF-8 has at most 4 a character.
LEAST, MOST = 0.1, 4.0
# Weight of the newest report; the first ones are averaged. In the bench 0.2 follows a change of language in time, and
# more gains nothing.
ALPHA = 0.2


class LearnedRatio:
    """One endpoint's tokens per character as a moving average. Not safe to share between threads."""

    def __init__(self) -> None:
        self.tokens_per_character = DEFAULT_TOKENS_PER_CHARACTER
        self._reports = 0

    @property
    def fed(self) -> bool:
        """Whether it has learned anything yet."""
        return self._reports > 0

    def observe(self, prompt: Prompt, usage: Usage) -> None:
        """Learn from one finished attempt; what cannot be a count of this prompt is passed over."""
        length, reported = characters(prompt), reported_input(usage)
        if reported is None or length < WORTH_LEARNING_CHARACTERS:
            return
        newest = reported.tokens / length
        if not LEAST <= newest <= MOST:
            return
        self._reports += 1
        self.tokens_per_character += max(ALPHA, 1 / self._reports) * (newest - self.tokens_per_character)

    def count(self, length: int) -> TokenCount:
        """Tokens of a prompt of so many characters, rounded up."""
        return TokenCount(math.ceil(length * self.tokens_per_character), "learned")

    def state(self) -> dict[str, float]:
        """What `restore` needs to go on from here, in values that JSON knows."""
        return {"tokens_per_character": self.tokens_per_character, "reports": self._reports}

    def restore(self, state: Mapping[str, object]) -> None:
        """Go on from a `state()`. Anything else, as from a file that was damaged or is of another time, is ignored."""
        ratio, reports = state.get("tokens_per_character"), state.get("reports")
        if isinstance(ratio, float) and isinstance(reports, int) and LEAST <= ratio <= MOST and reports > 0:
            self.tokens_per_character, self._reports = ratio, reports
