"""What the real server tells other processes of where the time of its answers went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nearline_router.live import live_states
from tests.waiting import until

from .conftest import Start
from .editor import Editor
from .held_llama import HeldLlama


def states(folder: Path) -> list[dict[str, Any]]:
    """The windows that say something of at least three answers."""
    return [one for one in live_states(folder) if one.get("answers", {}).get("answers", 0) >= 3]


async def typed(editor: Editor) -> None:
    """One answer by the model, two that are known, the last one without an edit before."""
    doc = editor.open("x = ")
    await editor.ask(doc, 4)
    at = editor.insert(doc, 4, "hell")
    await editor.ask(doc, at)
    await editor.ask(doc, at)


async def test_each_answers_stages_are_told_from_its_first_byte_to_its_last(
    start: Start, llama: HeldLlama, tmp_path: Path
) -> None:
    """They add up, begin with reading the message and end with sending the reply, and no text is told."""
    editor = await start()
    await typed(editor)
    (window,) = await until(lambda: states(tmp_path / "runtime"), "the answers to be told")
    last, found = window["last_answer"], window["answers"]["found"]

    assert {name: one["answers"] for name, one in found.items()} == {"type-through": 2, "model": 1}
    assert {"read", "gate", "lookup", "context", "first", "trim", "reply", "send"} <= set(found["model"]["stages_ms"])
    assert sum(last["stages_ms"].values()) == pytest.approx(last["total_ms"], abs=0.05)
    assert last["edit_ms"] is None
    assert window["answers"]["edit_ms"]["max"] > 0
    assert "hello" not in str(window)
    assert len(llama.completions) >= 1


async def test_a_request_by_hand_is_about_no_edit(start: Start, tmp_path: Path) -> None:
    """How long the user thought before the shortcut is nobody's time."""
    editor = await start()
    doc = editor.open("x = ")
    for _ in range(3):
        at = editor.insert(doc, len(doc.text), "\nx = ")
        await editor.ask(doc, at, invoked=True)
    (window,) = await until(lambda: states(tmp_path / "runtime"), "the answers to be told")

    assert (window["last_answer"]["edit_ms"], window["answers"]["edit_ms"]) == (None, None)
