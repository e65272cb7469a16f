"""The bare model's side: its prompt, and what is kept of its answer."""

from __future__ import annotations

import pytest

from nearline_router.engine.state import EngineState
from nearline_router.fim import template_for
from nearline_server.quality.hole import Hole
from tests.quality.documented import Documented
from tests.quality.engine import bare_client
from tests.scripted_llama import ScriptedLlama

QWEN = template_for("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf")


def line_hole(*, multiline: bool = False) -> Hole:
    """A hole of whole lines."""
    return Hole("f/0", "f", "f.py", "python", "def f():\n", "    return 1\n", "f()\n", multiline)


async def said(pieces: list[str], hole: Hole) -> tuple[str, str]:
    """What is kept of an answer, and the prompt."""
    assert QWEN is not None
    async with ScriptedLlama(pieces=pieces) as llama, bare_client(EngineState(llama.url, "key", "", 0, 0)) as http:
        text = await Documented(http, QWEN).suggestion(hole)
        return text, llama.completions[0]["prompt"]


@pytest.mark.parametrize(
    ("pieces", "kept"),
    [
        (["    return", " 1", "\n", "f()"], "    return 1"),
        (["\n\n", "    return 1\n"], "    return 1"),
        (["    return 1"], "    return 1"),
        ([], ""),
    ],
)
async def test_of_an_answer_for_a_line_the_first_that_is_not_empty_is_kept(pieces: list[str], kept: str) -> None:
    """It goes on for as long as nobody stops it."""
    assert (await said(pieces, line_hole()))[0] == kept


async def test_of_an_answer_for_lines_all_is_kept() -> None:
    """The model ends it, or the limit."""
    assert (await said(["    a\n", "    b\n"], line_hole(multiline=True)))[0] == "    a\n    b\n"


async def test_the_prompt_is_the_one_the_model_was_trained_with() -> None:
    """Prefix, suffix, middle, as text; nothing healed, no path; the hole is an empty line."""
    _, prompt = await said(["x"], line_hole())

    assert prompt == "<|fim_prefix|>def f():\n<|fim_suffix|>\nf()\n<|fim_middle|>"
