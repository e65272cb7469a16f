"""Actions in VS Code the whole way: its menus and panel, the real language server, a provider that plays a script."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault_server import End, FaultServer, Status, Text, Wait
from tests.own_loop import serving

from .conftest import Open
from .workbench import Workbench

CONFIG = """
endpoints:
  cloud: {{provider: openai-compatible, host: '{cloud}/v1', model: large, local: false, tier: frontier}}
  other: {{provider: openai-compatible, host: '{other}/v1', model: small, local: false, tier: routine}}
engine: {{enabled: false, discover: false}}
"""
CODE = "# 😀\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
CHANGED = CODE.replace("return 2", "return 1 + 1")
NUMBERS = itertools.count(1)
IN_TWO = (7, 5)
TWO = "```python\ndef two():\n    return 1 + 1\n```"
BLOCK = "It returns **two**.\n\n```python\nprint(2)\n```\n"


@pytest.fixture(scope="module")
def providers() -> Iterator[tuple[FaultServer, FaultServer]]:
    """Two providers in loops of their own."""
    with serving(FaultServer()) as cloud, serving(FaultServer()) as other:
        yield cloud, other


@pytest.fixture(scope="module")
def shared_window(
    open_window: Open, providers: tuple[FaultServer, FaultServer], tmp_path_factory: pytest.TempPathFactory
) -> Workbench:
    """A window of a folder under Git, whose server knows the providers and nobody else."""
    cloud, other = providers
    config = tmp_path_factory.mktemp("config") / "nearline.yaml"
    config.write_text(CONFIG.format(cloud=cloud.url, other=other.url))
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q")
    # The view is to stay at its top, where the box is.
    window = open_window(folder, nearline__config=str(config), git__enabled=True, scm__autoReveal=False)
    window.until_status("Nearline, (?!starting)", 90)
    window.open("first.py")
    return window


def git(folder: Path, *arguments: str) -> None:
    """Run it there."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


@pytest.fixture
def cloud(providers: tuple[FaultServer, FaultServer]) -> FaultServer:
    """The first provider as if it were new."""
    for provider in providers:
        provider.forget()
    return providers[0]


@pytest.fixture
def window(shared_window: Workbench, cloud: FaultServer) -> Workbench:  # noqa: ARG001 (what it was asked before does not count)
    """The window, with the cursor in the second function of a file of the test's own."""
    shared_window.close_all()
    shared_window.open(f"m{next(NUMBERS)}.py", CODE, at=IN_TWO)
    return shared_window


def release(provider: FaultServer, event: asyncio.Event) -> None:
    """Let it go on; it lives in a loop of its own."""
    assert provider._server is not None
    provider._server.get_loop().call_soon_threadsafe(event.set)


def test_an_explanation_streams_into_the_panel(window: Workbench, cloud: FaultServer) -> None:
    """Its beginning is there to read while the rest is not written yet; in the end it is Markdown."""
    held = asyncio.Event()
    cloud.play(Text(BLOCK[:11]), Wait(held), Text(BLOCK[11:]), End())
    window.menu("Explain")
    window.until_panel("It returns")
    assert window.panel.get_by_text("two").count() == 0
    window.screenshot("explanation-streams")

    release(cloud, held)
    window.panel.locator("strong", has_text="two").wait_for()
    window.until_panel("cloud, large")
    assert "return 2" in str(cloud.asked[0].body)


def test_code_of_an_answer_can_be_copied_and_inserted(window: Workbench, cloud: FaultServer) -> None:
    """Inserted at the cursor that the user left, as one step."""
    cloud.play(Text(BLOCK), End())
    window.menu("Explain")
    window.panel.get_by_role("button", name="Copy").click()
    window.until(lambda: window.page.evaluate("navigator.clipboard.readText()") == "print(2)\n", "the clipboard")
    window.panel.get_by_role("button", name="Insert").click()
    window.until(lambda: "print(2)" in window.text, "the code")
    window.page.locator(".monaco-editor.focused").first.wait_for()
    window.press("Control+z")
    window.until_text(CODE)


def test_a_follow_up_is_asked_in_the_panel(window: Workbench, cloud: FaultServer) -> None:
    """The provider gets the first answer with it, and both are there to read."""
    cloud.play(Text("It returns **two**."), End())
    cloud.play(Text("Because."), End())
    window.menu("Explain")
    window.until_panel("It returns")
    window.panel.get_by_role("textbox").fill("why?")
    window.panel.get_by_role("textbox").press("Enter")
    window.until_panel("Because.")

    said = [message["content"] for message in cloud.asked[1].body["messages"] if message["role"] == "assistant"]
    assert said == ["It returns **two**."]
    assert window.panel.get_by_text("It returns").count() == 1


def test_a_question_is_answered(window: Workbench, cloud: FaultServer) -> None:
    """In the user's own words, typed into the box."""
    cloud.play(Text("Forty-two."), End())
    window.menu("Ask…")
    window.pick("what is it?")
    window.until_panel("Forty-two.")
    assert "what is it?" in str(cloud.asked[0].body)


def test_a_review_is_there_to_read(window: Workbench, cloud: FaultServer) -> None:
    """It changes nothing."""
    cloud.play(Text("All is well."), End())
    window.menu("Review")
    window.until_panel("All is well.")
    assert window.text == CODE


def test_stop_ends_the_provider_s_work(window: Workbench, cloud: FaultServer) -> None:
    """By the panel's button; what came is there to read."""
    cloud.play(Text("The beginning"), Wait())
    window.menu("Explain")
    window.until_panel("The beginning")
    window.panel.get_by_role("button", name="Stop").click()
    window.until(lambda: cloud.cancels == 1, "the provider")
    window.until_panel("stopped")


def test_a_refactoring_is_looked_at_applied_and_undone_in_one_step(window: Workbench, cloud: FaultServer) -> None:
    """Nothing changes before the user says so."""
    cloud.play(Text(TWO), End())
    window.menu("Refactor…")
    window.pick("without literals")
    window.until_preview()
    window.screenshot("preview")
    assert "without literals" in str(cloud.asked[0].body)
    window.page.get_by_role("button", name="Apply").click()
    window.until_text(CHANGED)
    window.press("Control+z")
    window.until_text(CODE)


def test_a_refactoring_can_be_discarded(window: Workbench, cloud: FaultServer) -> None:
    """The file stays as it is, and nobody is told of a failure."""
    cloud.play(Text(TWO), End())
    window.menu("Refactor…")
    window.pick("")
    window.until_preview()
    window.page.get_by_role("button", name="Discard").click()
    window.until_text(CODE)
    window.until(lambda: window.messages == [], lambda: f"no message, not {window.messages}")


@pytest.mark.parametrize("title", ["Document", "Complete this body"])
def test_an_edit_of_the_menu_is_applied(window: Workbench, cloud: FaultServer, title: str) -> None:
    """After a look at it, by the key that the preview has for it."""
    cloud.play(Text(TWO), End())
    window.menu(title)
    window.until_preview()
    window.press("Control+Enter")
    window.until_text(CHANGED)


@pytest.fixture
def without_preview(window: Workbench) -> Iterator[Workbench]:
    """The window with that setting; line numbers go with it to show that it counts."""
    window.set(nearline__preview=False, editor__lineNumbers="off")
    window.page.locator(".line-numbers").first.wait_for(state="detached")
    yield window
    window.set(nearline__preview=None, editor__lineNumbers=None)
    window.page.locator(".line-numbers").first.wait_for()


def test_an_item_of_the_editor_s_own_menu_is_applied_at_once_without_preview(
    without_preview: Workbench, cloud: FaultServer
) -> None:
    """As a setting says, without a restart."""
    cloud.play(Text(TWO), End())
    without_preview.press("Control+.")
    without_preview.page.locator(".action-widget .monaco-list-row", has_text="Document").click()
    without_preview.until_text(CHANGED)
    without_preview.press("Control+z")
    without_preview.until_text(CODE)


def test_tests_are_a_new_file(window: Workbench, cloud: FaultServer) -> None:
    """Beside the code, which stays as it is."""
    window.open("plain.py", CODE, at=IN_TWO)
    cloud.play(Text("```python\ndef test_two():\n    assert two() == 2\n```"), End())
    window.menu("Write tests")
    window.until_preview()
    window.press("Control+Enter")
    made = window.folder / "test_plain.py"
    window.until(lambda: made.exists() and "def test_two():" in made.read_text(), "the new file")
    assert (window.folder / "plain.py").read_text() == CODE


def test_a_problem_that_another_tool_found_is_fixed(window: Workbench, cloud: FaultServer) -> None:
    """The editor's own check of JSON says what is wrong."""
    window.open("wrong.json", '{"a": 1,}\n', at=(1, 9))
    window.page.locator(".squiggly-warning, .squiggly-error").first.wait_for()
    cloud.play(Text('```json\n{"a": 1}\n```'), End())
    window.menu("Fix problems")
    window.until_preview()
    window.press("Control+Enter")
    window.until_text('{"a": 1}\n')
    assert "Trailing comma" in str(cloud.asked[0].body)


def test_a_commit_message_goes_into_the_box_of_source_control(window: Workbench, cloud: FaultServer) -> None:
    """From what is staged."""
    git(window.folder, "add", "-A")
    window.run("Git: Refresh")
    window.press("Control+Shift+g")
    box = window.page.locator(".scm-input .view-lines")
    box.wait_for()
    cloud.play(Text("Add two functions"), End())
    window.menu("Write commit message")
    window.until(lambda: "Add two functions" in box.inner_text().replace("\xa0", " "), "the message")
    assert "return 2" in str(cloud.asked[0].body)


def test_who_is_pinned_answers(
    window: Workbench, cloud: FaultServer, providers: tuple[FaultServer, FaultServer]
) -> None:
    """Until the user takes it back."""
    window.menu("Pin an endpoint")
    window.page.locator(".quick-input-list .monaco-list-row", has_text="other").click()
    providers[1].play(Text("From the other."), End())
    window.menu("Explain")
    window.until_panel("From the other.")
    window.menu("Pin an endpoint")
    window.page.locator(".quick-input-list .monaco-list-row", has_text="Automatic").click()
    cloud.play(Text("From the first."), End())
    window.menu("Explain")
    window.until_panel("From the first.")


def test_why_here_says_who_was_asked(window: Workbench, cloud: FaultServer) -> None:
    """And why."""
    cloud.play(Text("hello"), End())
    window.menu("Explain")
    window.until_panel("cloud, large")
    window.menu("Why here?")
    window.until_panel("explain")


def test_a_failure_is_one_sentence(window: Workbench, providers: tuple[FaultServer, FaultServer]) -> None:
    """And changes nothing."""
    for provider in providers:
        provider.play(Status(500))
    window.menu("Document")
    window.until_message("500")
    assert window.text == CODE
