"""The notifications of our own: how things are, and that more is known about a place now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.scripted_llama import MODEL
from tests.waiting import until

from .conftest import Start
from .editor import Editor, as_dict
from .held_llama import HeldLlama

# A deadline that passes while the script waits, and in which a scripted word comes on a busy machine too.
SOON = {"completion": {"budget_ms": 300}}


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(editor: Editor) -> AsyncIterator[Editor]:
    """The shared server with little patience, and its old one afterwards."""
    editor.push({"nearline": SOON})
    yield editor

    editor.push({"nearline": {}})
    await editor.status()


async def test_the_state_is_told_from_the_start(start: Start) -> None:
    """Starting, then ready with endpoint and model; each notification has every field."""
    editor = await start()
    told = [as_dict(status) for status in editor.statuses]

    assert (told[0]["state"], told[-1]["state"]) == ("starting", "ready")
    assert {"state", "message", "endpoint", "model", "last_ms", "where", "heat", "offline", "blocked"} == set(told[0])
    assert (told[-1]["endpoint"], told[-1]["model"], told[-1]["message"]) == ("local", MODEL, f"{MODEL} is ready")


async def test_a_late_answer_is_announced_and_can_be_had(hasty: Editor, llama: HeldLlama) -> None:
    """Cut at its deadline the answer is empty; when it is known the client is told where, in its own encoding."""
    doc = hasty.open("s = '😀' + ")
    at = len(doc.text)
    llama.let.clear()
    assert await hasty.text(doc, at) == ""
    llama.let.set()
    await until(lambda: hasty.refreshes, "the late answer")
    (refresh,) = hasty.refreshes

    assert (refresh.uri, refresh.version) == (doc.uri, 1)
    assert (refresh.position.line, refresh.position.character) == (0, at + 1)
    assert await hasty.text(doc, at) == "hello world"
    assert len(llama.completions) == 1


async def test_a_document_that_has_changed_is_not_announced(hasty: Editor, llama: HeldLlama) -> None:
    """What was typed since fits the late answer, which is kept; but its place is another one now."""
    doc = hasty.open("x = ")
    llama.let.clear()
    assert await hasty.text(doc, 4) == ""
    at = hasty.insert(doc, 4, "hello")
    await hasty.status()
    llama.let.set()
    await until(lambda: llama.inside == 0, "the model to be free")

    assert await hasty.text(doc, at) == " world"
    assert hasty.refreshes == []


async def test_an_answer_in_time_is_not_announced(editor: Editor) -> None:
    """What was shown whole needs no second look."""
    assert await editor.text(editor.open("y = "), 4) == "hello world"
    await editor.status()

    assert editor.refreshes == []


async def test_the_state_follows_the_models_server(editor: Editor, llama: HeldLlama) -> None:
    """When it stops answering that is told, and so is its coming back; the last answer's time goes along."""
    await editor.text(editor.open("x = "), 4)
    await llama.stop()
    assert await editor.text(editor.open("y = "), 4) == ""
    await until(lambda: [status.state for status in editor.statuses][-1:] == ["unavailable"], "the bad news")
    await llama.come_back()
    await editor.text(editor.open("z = "), 4)
    await until(lambda: [status.state for status in editor.statuses][-1:] == ["ready"], "the good news")

    assert editor.statuses[-1].last_ms > 0


async def test_a_resting_cursor_has_its_prompt_read(editor: Editor, llama: HeldLlama) -> None:
    """`textDocument/didFocus` is answered with reading, not with text."""
    doc = editor.open("import os\n\nx = ")
    position = {"line": 2, "character": 4}
    editor.client.protocol.notify("textDocument/didFocus", {"textDocument": {"uri": doc.uri}, "position": position})
    await until(lambda: llama.completions, "the prompt to be read")

    assert [completion["n_predict"] for completion in llama.completions] == [0]


async def test_a_text_that_nobody_may_see_is_said_in_the_status(launch: Start, tmp_path: Path) -> None:
    """An icon is all that the user notices of it; why stands beside it."""
    far = "endpoints: {far: {provider: openai-compatible, host: 'http://127.0.0.1:9', local: false, role: completion}}"
    config = tmp_path / "nearline.yaml"
    config.write_text(f"{far}\nengine: {{enabled: false, discover: false}}\nresidency: {{everything: true}}\n")
    editor = await launch(config)
    await editor.initialize(root=tmp_path)
    await until(lambda: editor.statuses, "the server to be ready")
    doc = editor.open("x = ")
    await editor.text(doc, 4)
    await until(lambda: as_dict(editor.statuses[-1])["blocked"], "the reason")

    assert "nothing else may see this" in as_dict(editor.statuses[-1])["blocked"]
    config.write_text(f"{far}\nengine: {{enabled: false, discover: false}}\n")
    await until(lambda: not as_dict(editor.statuses[-1])["blocked"], "the reason to go with its rule")
