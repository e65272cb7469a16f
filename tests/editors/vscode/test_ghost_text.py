"""Ghost text in VS Code with the real language server, whose model's server plays a script."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from tests.own_loop import serving
from tests.server.lsp.held_llama import HeldLlama

from .conftest import Open
from .workbench import Workbench

# Answers come when the script gives them, however busy the machine; idle work does not come between.
CONFIG = """
endpoints: {{local: {{provider: llamacpp, host: '{url}'}}}}
engine: {{enabled: false, discover: false}}
completion: {{budget_ms: 20000, invoked_budget_ms: 20000, idle_ms: 60000, speculation: false}}
"""
TEXT = "total = 1\nvalue ="
GHOST = "compute(total)"
SHORT_MS = 50
TOKENS, DEFAULT_TOKENS = 7, 32


@pytest.fixture(scope="module")
def shared_llama() -> Iterator[HeldLlama]:
    """The model's server of all tests."""
    with serving(HeldLlama()) as llama:
        yield llama


@pytest.fixture
def llama(shared_llama: HeldLlama) -> HeldLlama:
    """The model's server as if it were new."""
    shared_llama.reset()
    shared_llama.pieces = ["compute", "(total)"]
    return shared_llama


@pytest.fixture(scope="module")
def window(open_window: Open, shared_llama: HeldLlama, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A window whose server was found on the path and is ready."""
    config = tmp_path_factory.mktemp("config") / "nearline.yaml"
    config.write_text(CONFIG.format(url=shared_llama.url))
    window = open_window(nearline__config=str(config))
    window.until_status("near", 90)
    window.open("first.py", TEXT)
    window.until_first_ghost()
    return window


@pytest.fixture
def ghost(window: Workbench, llama: HeldLlama, request: pytest.FixtureRequest) -> Workbench:
    """The window with ghost text in a file of the test's own."""
    assert asked(llama) == 0
    window.open(f"{request.node.name}.py", TEXT)
    window.type(" ")
    window.until_ghost(GHOST)
    return window


def asked(llama: HeldLlama) -> int:
    """How often the model was asked for text."""
    return sum(body["n_predict"] > 0 for body in llama.completions)


def let_go(llama: HeldLlama) -> None:
    """Let it say what it holds back; it lives in a loop of its own."""
    assert llama._server is not None
    llama._server.get_loop().call_soon_threadsafe(llama.let.set)


def server_pid(window: Workbench) -> int:
    """The one language server of the window."""
    (pid,) = window.server.language_servers()
    return pid


def test_ghost_text_is_drawn_behind_the_cursor(ghost: Workbench) -> None:
    """It is not in the document."""
    assert (ghost.drawn().before, ghost.drawn().after) == (f"{TEXT} ", "")


def test_tab_accepts_it(ghost: Workbench) -> None:
    """All of it is in the document then."""
    ghost.press("Tab")
    ghost.until_text(f"{TEXT} {GHOST}")


def test_a_word_is_accepted_and_the_rest_stays(ghost: Workbench, llama: HeldLlama) -> None:
    """By VS Code's own key, without asking the model."""
    before = asked(llama)
    ghost.press("Control+ArrowRight")
    drawn = ghost.until_ghost("(total)")

    assert drawn.before == f"{TEXT} compute"
    assert asked(llama) == before


def test_typing_along_asks_nobody(ghost: Workbench, llama: HeldLlama) -> None:
    """The ghost text gets shorter with each key, and the model has nothing to do."""
    before = asked(llama)
    for typed in range(1, 6):
        ghost.type(GHOST[typed - 1])
        ghost.until_ghost(GHOST[typed:])

    assert asked(llama) == before


def test_a_wrong_key_removes_it(ghost: Workbench, llama: HeldLlama) -> None:
    """What no longer fits is gone, whatever comes next."""
    llama.let.clear()
    ghost.type("Q")
    ghost.until_text(f"{TEXT} Q")

    assert ghost.ghost == ""


def test_escape_dismisses_it(ghost: Workbench) -> None:
    """And changes nothing."""
    ghost.press("Escape")
    ghost.until_ghost("")

    assert ghost.text == f"{TEXT} "


def test_undo_takes_an_accepted_text_back_in_one_step(ghost: Workbench) -> None:
    """Not character by character."""
    ghost.press("Tab")
    ghost.until_text(f"{TEXT} {GHOST}")
    ghost.press("Control+z")
    ghost.until_text(f"{TEXT} ")


def test_a_deletion_behind_the_cursor_takes_it_away(window: Workbench, llama: HeldLlama) -> None:
    """VS Code itself leaves the old text until there is an answer for the new document."""
    before = asked(llama)
    window.open("behind.py", f"{TEXT}\n\nlast\n", at=(2, 8))
    window.type(" ")
    window.until_ghost(GHOST)
    window.press("Delete")
    window.until_ghost("")
    assert asked(llama) == before + 1


def test_settings_change_without_a_restart(window: Workbench, llama: HeldLlama) -> None:
    """The same server goes by them at the next key, and by its own defaults when they are taken out."""
    pid = server_pid(window)
    for tokens in (TOKENS, None):
        window.set(nearline__completion__max_line_tokens=tokens)
        window.open(f"tokens{tokens}.py", TEXT)
        window.until(
            lambda tokens=tokens: _tokens_asked_for(window, llama) == (tokens or DEFAULT_TOKENS), "the setting"
        )

    assert server_pid(window) == pid


def _tokens_asked_for(window: Workbench, llama: HeldLlama) -> int:
    before = asked(llama)
    window.type(" ")
    window.until(lambda: asked(llama) > before, "the model to be asked")
    return max(body["n_predict"] for body in llama.completions[before:])


def test_what_comes_after_the_deadline_is_drawn_without_another_key(window: Workbench, llama: HeldLlama) -> None:
    """The server says that it knows more, and is asked again."""
    window.set(nearline__completion__budget_ms=SHORT_MS)
    llama.let.clear()
    window.open("late.py", TEXT)
    window.type(" ")
    window.until(lambda: llama.inside, "the model to be asked")
    window.page.wait_for_timeout(SHORT_MS * 4)  # the deadline
    assert window.ghost == ""
    let_go(llama)
    window.until_ghost(GHOST)
    window.set(nearline__completion__budget_ms=None)


def test_a_language_that_is_switched_off_is_not_asked_about(window: Workbench, llama: HeldLlama) -> None:
    """Others still are; and switched on again it is asked about at once."""
    window.set(nearline__disabledLanguages=["python"])
    window.open("off.py", TEXT)
    window.until_status("off")
    window.type(" ")
    window.open("on.js", TEXT)
    window.type(" ")
    window.until_ghost(GHOST)
    assert asked(llama) == 1
    window.set(nearline__disabledLanguages=[])
    window.go_to("off.py")
    window.until_status("near")
    window.type(" ")
    window.until_ghost(GHOST)


def test_switched_off_nothing_is_asked(window: Workbench, llama: HeldLlama) -> None:
    """Until it is switched on again, without a restart."""
    window.set(nearline__enabled=False)
    window.until_status("off")
    window.open("disabled.py", TEXT)
    window.type(" ")
    window.until_text(f"{TEXT} ")
    window.set(nearline__enabled=True)
    window.until_status("near")
    assert asked(llama) == 0
    window.type(" ")
    window.until_ghost(GHOST)


def test_a_killed_server_comes_back_by_itself(ghost: Workbench, llama: HeldLlama) -> None:
    """The next key has ghost text again, from another process."""
    window, pid, before = ghost, server_pid(ghost), asked(llama)
    psutil.Process(pid).kill()
    window.until(lambda: pid not in window.server.language_servers(), "its end")
    window.until(lambda: len(window.server.language_servers()) == 1, "another server")
    window.until_status("near", 60)
    window.open("back.py", TEXT)
    window.type(" ")
    window.until_ghost(GHOST)
    assert server_pid(window) != pid
    assert asked(llama) > before
