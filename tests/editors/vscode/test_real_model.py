"""The whole way: VS Code, the real language server, the real engine and model."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Open
from .workbench import Workbench

FILE = '''def fibonacci(n):
    """Return the n-th Fibonacci number."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def factorial(n):
    """Return the factorial of n."""
    result = 1
    for i in range(2, n + 1):

    return result
'''
LOOP_LINE = 13
TYPED = "        resul"
# What was typed last is answered by then, if an earlier answer was drawn already.
STILL_S = 1.0


@pytest.fixture(scope="module")
def window(open_window: Open, engine_dir: Path, models_dir: Path) -> Workbench:
    """A window whose server is on the shared real engine, with all the time that it takes on a busy machine."""
    environment = {"NEARLINE_RUNTIME_DIR": str(engine_dir), "NEARLINE_MODELS_DIR": str(models_dir)}
    # While a slow answer is awaited the words of the file would be offered, and Tab would be theirs.
    alone = {"editor__quickSuggestions": False, "editor__autoIndent": "none"}
    window = open_window(environment=environment, nearline__completion__budget_ms=20_000, **alone)
    window.until_status("near", 120)
    window.open("first.py", "total = ")
    window.until_first_ghost()
    return window


@pytest.fixture
def ghost(window: Workbench, request: pytest.FixtureRequest) -> Workbench:
    """The window with the cursor in the loop, and ghost text that the model wrote."""
    window.open(f"{request.node.name}.py", FILE, at=(LOOP_LINE, 1))
    window.type(TYPED)
    window.until_ghost(bool, 60)
    window.until_still(STILL_S)
    return window


def test_ghost_text_of_the_real_model_is_drawn_and_tab_inserts_it(ghost: Workbench) -> None:
    """What stands on the screen behind the cursor is what Tab puts into the document."""
    drawn = ghost.drawn()
    ghost.press("Tab")
    ghost.until_text(drawn.before + drawn.ghost + drawn.after)


def test_a_word_of_it_is_taken_and_the_rest_stays(ghost: Workbench) -> None:
    """By VS Code's own key."""
    drawn = ghost.drawn()
    ghost.press("Control+ArrowRight")
    left = ghost.until_ghost(lambda text: text != drawn.ghost)
    assert left.before + left.ghost == drawn.before + drawn.ghost


def test_typing_along_keeps_it(ghost: Workbench) -> None:
    """The drawn text shrinks by what is typed."""
    drawn = ghost.drawn()
    ghost.type(drawn.ghost[:2])
    ghost.until_ghost(drawn.ghost[2:])


def test_escape_dismisses_it(ghost: Workbench) -> None:
    """And the document is as it was typed."""
    drawn = ghost.drawn()
    ghost.press("Escape")
    ghost.until_ghost("")
    assert ghost.text == drawn.before + drawn.after


def test_the_last_latency_is_in_the_status_bar(ghost: Workbench) -> None:
    """With the model's name."""
    ghost.until_status(r"^Nearline, near, \d+ ms\. .*qwen")
