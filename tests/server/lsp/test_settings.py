"""Settings from the file, from `initializationOptions` and from the editor while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types

from tests.waiting import until

from .conftest import Start
from .editor import Editor
from .held_llama import HeldLlama

HELLO = "hello world"
NO_PYTHON = {"completion": {"disabled_languages": ["python"]}}


async def completes(editor: Editor, language: str = "python") -> bool:
    """Whether typing in a language is answered."""
    return await editor.text(editor.open("x = ", language=language), 4) == HELLO


async def budgets(editor: Editor, llama: HeldLlama) -> int:
    """The size that a line is asked for in."""
    await editor.text(editor.open("x = "), 4)
    tokens: int = llama.completions[-1]["n_predict"]
    return tokens


def rewrite(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


@pytest_asyncio.fixture(loop_scope="module")
async def pushed(editor: Editor) -> AsyncIterator[Editor]:
    """The shared server, whose settings are as they were afterwards."""
    yield editor

    editor.push({"nearline": {}})
    await editor.status()


async def test_initialization_options_count(start: Start) -> None:
    """They stand over the configuration file; a wrong one is said once and the default taken, the others hold."""
    editor = await start(
        options={"completion": {"disabled_languages": ["python"], "max_line_tokens": 0, "idle_ms": "soon"}, "model": 1}
    )

    assert (await completes(editor), await completes(editor, "lua")) == (False, True)
    assert sorted(message.partition(":")[0] for message in editor.messages) == [
        "nearline.completion.idle_ms",
        "nearline.completion.max_line_tokens",
        "nearline.model",
    ]
    assert all(message.endswith("; using the default") for message in editor.messages)
    assert [message.type for message in editor.client.messages] == [types.MessageType.Warning] * 3


async def test_settings_can_be_pushed(pushed: Editor) -> None:
    """They hold from the next request on, and a push without them takes them back."""
    pushed.push({"nearline": NO_PYTHON})
    assert (await completes(pushed), await completes(pushed, "lua")) == (False, True)
    pushed.push({"nearline": {"completion": {"enabled": False}}})
    assert (await completes(pushed), await completes(pushed, "lua")) == (False, False)
    pushed.push({"nearline": {}})

    assert await completes(pushed)
    assert pushed.messages == []


@pytest.mark.parametrize(
    ("completion", "named"),
    [
        ({"budget_ms": -1}, "completion.budget_ms"),
        ({"budget_ms": "150 ms"}, "completion.budget_ms"),
        ({"budget_ms": None}, "completion.budget_ms"),
        ({"bugdet_ms": 150}, "completion.bugdet_ms"),
        ({"disabled_languages": "python"}, "completion.disabled_languages"),
        ({"disabled_languages": [1, 2]}, "completion.disabled_languages"),
        ({"enabled": {"python": True}}, "completion.enabled"),
        (7, "completion"),
        ([], "completion"),
    ],
)
async def test_a_wrong_value_is_one_message_and_the_default(pushed: Editor, completion: Any, named: str) -> None:
    """The message names the setting, and completion goes on."""
    pushed.push({"nearline": {"completion": completion}})
    assert await completes(pushed)
    (message,) = pushed.messages

    assert message.startswith(f"nearline.{named}")


async def test_a_wrong_value_does_not_spoil_the_others(pushed: Editor, llama: HeldLlama) -> None:
    """What is right beside it holds."""
    pushed.push({"nearline": {"completion": {"budget_ms": -1, "max_line_tokens": 7}}})

    assert await budgets(pushed, llama) == 7
    assert len(pushed.messages) == 1


@pytest.mark.parametrize("settings", [None, {}, [], 7, "nearline", {"nearline": None}, {"nearline": 7}, {"other": {}}])
async def test_settings_that_are_none_change_nothing(pushed: Editor, settings: Any) -> None:
    """A push of nothing, or of somebody else's settings, is no error and no message."""
    pushed.push(settings)

    assert await completes(pushed)
    assert pushed.messages == []


async def test_settings_are_pulled_by_a_server_that_is_told_of_a_change(start: Start, llama: HeldLlama) -> None:
    """A client that only says that something has changed is asked what."""
    editor = await start(pulls_settings=True)
    editor.client.set_configuration({"completion": {"max_line_tokens": 9}}, section="nearline")
    editor.push(None)
    await until(lambda: editor.client.pulled == ["nearline"], "the server to ask")
    await editor.status()

    assert await budgets(editor, llama) == 9
    assert editor.messages == []


async def test_the_configuration_file_is_the_first_layer(launch: Start, config: Path, llama: HeldLlama) -> None:
    """What the file sets under `completion` holds, and what is wrong there is said."""
    rewrite(config, "completion: {", "completion: {max_line_tokens: 5, multiline: 7, ")
    editor = await launch(config)
    await editor.initialize(options={"completion": {"max_block_tokens": 6}})
    await editor.until_state("ready")
    doc = editor.open("x = ")
    await editor.text(doc, 4)
    await editor.text(editor.open("x = "), 4, invoked=True)

    assert [completion["n_predict"] for completion in llama.completions] == [5, 6]
    assert [message.partition(":")[0] for message in editor.messages] == ["nearline.completion.multiline"]


async def test_a_wrong_configuration_file_is_said_and_typing_goes_on(launch: Start, tmp_path: Path) -> None:
    """The message names file, line and what was expected; the server runs on with its defaults."""
    path = tmp_path / "nearline.yaml"
    path.write_text("endpoints:\n  local:\n    hosst: http://127.0.0.1:1\n")
    editor = await launch(path)
    await editor.initialize()
    await until(lambda: editor.messages, "a message")
    (message,) = editor.messages

    assert f"{path}:3:5" in message
    assert "hosst" in message
    assert await editor.text(editor.open("x = "), 4) == ""
    assert await editor.quit() == 0
