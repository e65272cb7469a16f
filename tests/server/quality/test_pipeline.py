"""A hole as the completer sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_server.quality.hole import Hole
from nearline_server.quality.pipeline import suggestion
from tests.scripted_llama import ScriptedLlama
from tests.server.prompts import around_cursor

LINE = Hole("f/0", "f", "f.py", "python", "def f(a):\n", "    return a\n", "f(1)\n")
BLOCK = Hole("f/1", "f", "f.py", "python", "def f(a):\n", "    a += 1\n    return a\n", "f(1)\n", multiline=True)
INSIDE = Hole("f/2", "f", "f.py", "python", "def f(a):\n    return ", "a", " + 1\n")


@pytest.fixture
async def router(config: Path) -> AsyncIterator[Router]:
    """In front of the scripted server."""
    router = Router.from_file(config)
    assert (await router.ready()).state == "ready"
    yield router

    await router.aclose()


async def test_a_line_is_one_line_in_a_document_with_the_cursor_at_the_hole(
    router: Router, llama: ScriptedLlama
) -> None:
    """What was cut out is an empty line, which alone is to be filled."""
    llama.pieces = ["    return a", "\n", "f(1)"]

    assert (await suggestion(router, LINE)).text == "    return a"
    assert around_cursor(llama.completions[0]) == ("def f(a):\n", "\nf(1)\n")
    assert llama.completions[0]["stop"] == ["\n"]


async def test_several_lines_are_asked_for_as_a_block(router: Router, llama: ScriptedLlama) -> None:
    """And trimmed where the document goes on."""
    llama.pieces = ["    a += 1\n", "    return a\n", "f(1)\n"]

    assert (await suggestion(router, BLOCK)).text == "    a += 1\n    return a"
    assert "stop" not in llama.completions[0]


async def test_a_hole_within_a_line_is_filled_too(router: Router, llama: ScriptedLlama) -> None:
    """Although nobody would be interrupted there while typing."""
    llama.pieces = ["a"]

    assert (await suggestion(router, INSIDE)).text == "a"


async def test_the_window_is_the_widest_and_the_speed_stays_as_it_was_learned(
    router: Router, llama: ScriptedLlama
) -> None:
    """However slow the machine is, the same prompt is judged."""
    long = Hole("f/3", "f", "f.py", "python", "a = 1\n" * 300, "b = 2\n", "", multiline=False)
    router.speed.prefill_tokens_per_s = 10.0

    await suggestion(router, long)

    assert len(around_cursor(llama.completions[0])[0]) > 1_500
    assert router.speed.prefill_tokens_per_s == 10.0


async def test_a_model_that_cannot_be_asked_is_an_error(router: Router, llama: ScriptedLlama) -> None:
    """It would count as a wrong answer otherwise."""
    llama.status = 500

    with pytest.raises(RouterError):
        await suggestion(router, LINE)
