"""What becomes of suggestions is counted: once each, and without their text."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from .conftest import Start
from .editor import Doc, Editor
from .held_llama import HeldLlama

HELLO = "hello world"
NAMES = ("shown", "accepted", "partially_accepted", "accepted_chars")
KEPT = ("kept_30s", "kept_120s", "kept_600s")


class Counter:
    """The counts since the test began, as the server tells them."""

    def __init__(self, editor: Editor, before: dict[str, Any]) -> None:
        self._editor, self._before = editor, before

    @classmethod
    async def of(cls, editor: Editor) -> Counter:
        return cls(editor, await editor.status())

    async def since(self) -> tuple[int, ...]:
        now = await self._editor.status()
        return tuple(now[name] - self._before[name] for name in NAMES)


async def suggested(editor: Editor) -> tuple[Doc, types.InlineCompletionItem]:
    """A document with the suggestion that stands in it."""
    doc = editor.open("x = \n")
    (item,) = await editor.ask(doc, 4)
    return doc, item


async def run(editor: Editor, item: types.InlineCompletionItem) -> None:
    assert item.command is not None
    await editor.execute(item.command.command, *item.command.arguments or ())


async def test_the_items_command_counts_an_acceptance(editor: Editor) -> None:
    """VS Code and our Neovim client run it; running it again counts nothing."""
    counter = await Counter.of(editor)
    _, item = await suggested(editor)
    await run(editor, item)
    await run(editor, item)

    assert await counter.since() == (1, 1, 0, len(HELLO))


@pytest.mark.parametrize("command_first", [True, False])
async def test_command_and_edit_are_one_acceptance(editor: Editor, command_first: bool) -> None:
    """An editor does both, in its own order."""
    counter = await Counter.of(editor)
    doc, item = await suggested(editor)
    if command_first:
        await run(editor, item)
    editor.insert(doc, 4, HELLO)
    if not command_first:
        await run(editor, item)

    assert await counter.since() == (1, 1, 0, len(HELLO))


async def test_an_edit_alone_is_an_acceptance_too(editor: Editor) -> None:
    """Editors that run no command insert exactly what was offered, where it was offered."""
    counter = await Counter.of(editor)
    doc, _ = await suggested(editor)
    editor.insert(doc, 4, HELLO)

    assert await counter.since() == (1, 1, 0, len(HELLO))


async def test_words_that_are_taken_are_counted_until_it_is_whole(editor: Editor) -> None:
    """VS Code edits, and asks again for the rest, which is the same suggestion."""
    counter = await Counter.of(editor)
    doc, _ = await suggested(editor)
    at = editor.insert(doc, 4, "hello")
    assert await counter.since() == (1, 0, 1, 5)
    assert await editor.text(doc, at) == " world"
    editor.insert(doc, at, " world")

    assert await counter.since() == (1, 1, 0, len(HELLO))


async def test_a_replaced_range_is_an_acceptance(editor: Editor) -> None:
    """VS Code may replace what stands before the cursor by itself and the suggestion."""
    counter = await Counter.of(editor)
    doc = editor.open("s = '😀' + \n")
    at = len(doc.text) - 1
    await editor.ask(doc, at)
    editor.replace(doc, 0, at, doc.text[:at] + HELLO)

    assert await counter.since() == (1, 1, 0, len(HELLO))


async def test_an_entry_of_the_suggest_widget_is_not_the_models(editor: Editor) -> None:
    """The item begins with it, and only the rest was accepted."""
    counter = await Counter.of(editor)
    doc = editor.open("a.def_\n")
    chosen = types.SelectedCompletionInfo(editor.range(doc, 2, 6), "def_two")
    (item,) = await editor.ask(doc, 6, selected=chosen)
    editor.replace(doc, 2, 6, str(item.insert_text))

    assert item.insert_text == "def_two" + HELLO
    assert await counter.since() == (1, 1, 0, len(HELLO))


@pytest.mark.parametrize(("at", "text"), [(4, "h"), (4, "Hello world"), (4, HELLO + "!"), (0, HELLO)])
async def test_typing_is_not_accepting(editor: Editor, at: int, text: str) -> None:
    """A key, another text or another place is the user's own doing."""
    counter = await Counter.of(editor)
    doc, _ = await suggested(editor)
    editor.insert(doc, at, text)

    assert await counter.since() == (1, 0, 0, 0)


async def test_typing_along_is_one_suggestion(editor: Editor) -> None:
    """However often the client asks."""
    counter = await Counter.of(editor)
    doc, _ = await suggested(editor)
    at = 4
    for key in "hell":
        at = editor.insert(doc, at, key)
        assert await editor.text(doc, at) == HELLO[at - 4 :]

    assert await counter.since() == (1, 0, 0, 0)


async def test_what_clients_tell_is_counted(start: Start) -> None:
    """The notifications that other servers' clients send are understood, with whatever is in them."""
    editor = await start()
    _, item = await suggested(editor)
    command = item.command
    assert command is not None
    drawn = {"insertText": item.insert_text, "command": {"command": command.command, "arguments": command.arguments}}
    for params in ({"item": drawn}, {"item": {"command": 7}}, {"item": 7}, {}, None):
        editor.client.protocol.notify("textDocument/didShowCompletion", params)
    for params in ({"item": drawn, "acceptedLength": 5}, {"item": drawn, "acceptedLength": "5"}, {}, None):
        editor.client.protocol.notify("textDocument/didPartiallyAcceptCompletion", params)
    assert [(await editor.status())[name] for name in NAMES] == [1, 0, 1, 5]
    await suggested(editor)

    assert (await editor.status())["shown"] == 1


async def test_a_suggestion_of_a_closed_document_cannot_be_accepted_by_an_edit(editor: Editor) -> None:
    """Opened again, the same insertion is only an insertion."""
    counter = await Counter.of(editor)
    doc, _ = await suggested(editor)
    editor.close(doc)
    again = editor.open("x = \n", uri=doc.uri)
    editor.insert(again, 4, HELLO)

    assert await counter.since() == (1, 0, 0, 0)


async def test_the_status_holds_no_text(editor: Editor) -> None:
    """Counts and times, and what serves; nothing of what was suggested."""
    doc, item = await suggested(editor)
    editor.insert(doc, 4, HELLO)
    await run(editor, item)
    status = await editor.status()

    assert {*NAMES, *KEPT} < set(status)
    assert HELLO not in repr(status)


async def test_the_ledger_has_a_row_for_each_suggestion(
    launch: Start, config: Path, llama: HeldLlama, tmp_path: Path
) -> None:
    """With the request of the attempt that made it, who asked, and what it is about; and no text. Answers are counted,
    and those that are empty since time was up as late.
    """
    folder = tmp_path / "project"
    folder.mkdir()
    editor = await launch(config, NEARLINE_STATE_DIR=str(tmp_path / "state"))
    neovim = types.ClientInfo("Neovim")
    await editor.client.initialize_session(
        types.InitializeParams(types.ClientCapabilities(), client_info=neovim, root_uri=folder.as_uri())
    )
    await editor.until_state("ready")
    doc = editor.open("x = \n", uri=(folder / "secret.py").as_uri())
    await editor.ask(doc, 4)
    at = editor.insert(doc, 4, "hello")
    await editor.ask(doc, at)
    await editor.ask(editor.open(""), 0)
    editor.push({"nearline": {"completion": {"budget_ms": 50}}})
    llama.let.clear()
    assert await editor.ask(editor.open("y = "), 4) == []
    llama.let.set()
    assert await editor.quit() == 0
    with closing(sqlite3.connect(tmp_path / "state" / "ledger.db")) as ledger:
        suggestions = ledger.execute(
            "SELECT s.repository, s.language, s.chars, s.found, s.accepted_chars, s.whole, s.kept_30s, a.client "
            "FROM suggestions s JOIN attempts a ON a.request = s.request"
        ).fetchall()
        answers = ledger.execute("SELECT found, in_budget, count FROM answers ORDER BY found, in_budget").fetchall()
        dump = "\n".join(ledger.iterdump())

    assert suggestions == [("project", "python", 11, "model", 5, 0, None, "Neovim")]
    assert answers == [("model", 0, 1), ("model", 1, 1), ("none", 1, 1), ("type-through", 1, 1)]
    assert not any(word in dump for word in ("hello", "secret", "x = "))
