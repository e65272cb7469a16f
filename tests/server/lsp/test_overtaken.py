"""Requests that nobody waits for any more: answered at once, and the model is free."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from tests.waiting import until

from .editor import Doc, Editor
from .held_llama import HeldLlama

# Far below the budget of the shared configuration, so that whoever is answered by then was answered early.
AT_ONCE_S = 10.0

Items = list[types.InlineCompletionItem]


async def pending(
    editor: Editor, llama: HeldLlama, text: str = "x = ", msg_id: str | None = None
) -> tuple[Doc, asyncio.Task[Items]]:
    """A request that the model has, and of which it says nothing."""
    llama.let.clear()
    doc = editor.open(text)
    task = editor.begin(doc, editor.position(doc, len(text)), msg_id=msg_id)
    await until(lambda: llama.completions, "the model to be asked")
    return doc, task


async def at_once(task: asyncio.Task[Items]) -> Items:
    return await asyncio.wait_for(task, AT_ONCE_S)


async def test_an_edit_answers_who_waits(editor: Editor, llama: HeldLlama) -> None:
    """A stale answer would be drawn, so an empty one is given while the model still thinks; it goes on
    thinking for the next request, which it fits.
    """
    doc, waiting = await pending(editor, llama)
    at = editor.insert(doc, 4, "he")
    assert await at_once(waiting) == []
    joined = editor.begin(doc, editor.position(doc, at))
    llama.let.set()

    assert [item.insert_text for item in await joined] == ["llo world"]
    assert (len(llama.completions), llama.cut) == (1, 0)


async def test_an_edit_that_fits_no_more_frees_the_model(editor: Editor, llama: HeldLlama) -> None:
    """What the model is saying about a text that is no longer there is cut."""
    llama.pieces, llama.piece_delay_s = ["hello", " world"], 600.0
    doc = editor.open("x = ")
    waiting = editor.begin(doc, editor.position(doc, 4))
    await until(lambda: llama.completions and llama.sent[-1], "the first piece")
    editor.insert(doc, 0, "import os\n")

    assert await at_once(waiting) == []
    await until(lambda: llama.cut == 1, "the stream to be cut")


async def test_a_newer_request_answers_the_older(editor: Editor, llama: HeldLlama) -> None:
    """The cursor moved on without an edit: only the newer place gets its text."""
    doc, older = await pending(editor, llama, "y = 1\nx = ")
    newer = editor.begin(doc, types.Position(0, 5))
    assert await at_once(older) == []
    llama.let.set()

    assert [item.range.start for item in await newer if item.range] == [types.Position(0, 5)]


async def test_a_cancel_is_answered_and_cuts_the_stream(editor: Editor, llama: HeldLlama) -> None:
    """The client hears that its request was cancelled, and the model's server sees the connection go."""
    llama.piece_delay_s = 600.0
    doc = editor.open("x = ")
    waiting = editor.begin(doc, editor.position(doc, 4), msg_id="mine")
    await until(lambda: llama.completions and llama.sent[-1], "the first piece")
    editor.client.cancel_request(types.CancelParams("mine"))
    with pytest.raises(JsonRpcRequestCancelled):
        await at_once(waiting)

    await until(lambda: llama.inside == 0, "the model to be free")
    assert (llama.cut, llama.sent[-1]) == (1, 1)


async def test_a_cancel_while_the_model_reads_is_answered_at_once(editor: Editor, llama: HeldLlama) -> None:
    """The server reads its prompt to the end anyway; nobody waits for that, and its first word is its last."""
    llama.pieces = ["one", "two", "three"]
    llama.piece_delay_s = 0.2
    _, waiting = await pending(editor, llama, msg_id="mine")
    editor.client.cancel_request(types.CancelParams("mine"))
    with pytest.raises(JsonRpcRequestCancelled):
        await at_once(waiting)
    llama.let.set()
    await until(lambda: llama.inside == 0, "the model to be free")

    assert (llama.cut, llama.sent[-1] < 3) == (1, True)


async def test_of_many_keys_the_last_is_answered(editor: Editor, llama: HeldLlama) -> None:
    """Every request is answered, all but the last one empty, and the model never works on two."""
    doc, first = await pending(editor, llama)
    requests, at = [first], 4
    for key in "1 + 2 + 3":
        at = editor.insert(doc, at, key)
        requests.append(editor.begin(doc, editor.position(doc, at)))
    await editor.status()
    llama.let.set()
    answers = await asyncio.wait_for(asyncio.gather(*requests), AT_ONCE_S)

    assert answers[:-1] == [[]] * 9
    assert llama.most_inside == 1
    assert await editor.text(doc, at) == "hello world"


async def test_a_closed_document_answers_who_waits(editor: Editor, llama: HeldLlama) -> None:
    """Closed in mid-request: an empty answer at once, and the model is let go."""
    doc, waiting = await pending(editor, llama)
    editor.close(doc)
    assert await at_once(waiting) == []
    llama.let.set()

    await until(lambda: llama.inside == 0, "the model to be free")
    assert await editor.text(editor.open("y = "), 4) == "hello world"
