"""What becomes of suggestions is counted: once each, and without their text."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types

from nearline_server.lsp.acceptance import Acceptance

from .editor import Doc, Editor

HELLO = "hello world"
NAMES = ("shown", "accepted", "partially_accepted", "accepted_chars")
URI = "file:///project/a.py"


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

    assert await counter.since() == (0, 1, 0, len(HELLO))


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

    assert await counter.since() == (0, 1, 0, len(HELLO))


async def test_an_edit_alone_is_an_acceptance_too(editor: Editor) -> None:
    """Editors that run no command insert exactly what was offered, where it was offered."""
    counter = await Counter.of(editor)
    doc, _ = await suggested(editor)
    editor.insert(doc, 4, HELLO)

    assert await counter.since() == (0, 1, 0, len(HELLO))


@pytest.mark.parametrize(("at", "text"), [(4, "h"), (4, "hello"), (4, "Hello world"), (4, HELLO + "!"), (0, HELLO)])
async def test_typing_is_not_accepting(editor: Editor, at: int, text: str) -> None:
    """A part, another text or another place is the user's own doing."""
    counter = await Counter.of(editor)
    doc, _ = await suggested(editor)
    editor.insert(doc, at, text)

    assert await counter.since() == (0, 0, 0, 0)


async def test_what_clients_tell_is_counted(editor: Editor) -> None:
    """The notifications that other servers' clients send are understood, with whatever is in them."""
    counter = await Counter.of(editor)
    _, item = await suggested(editor)
    for params in ({"item": {"insertText": item.insert_text}}, {}, None):
        editor.client.protocol.notify("textDocument/didShowCompletion", params)
    editor.client.protocol.notify(
        "textDocument/didPartiallyAcceptCompletion",
        {"item": {"insertText": item.insert_text}, "acceptedLength": 5},
    )

    assert await counter.since() == (3, 0, 1, 0)


async def test_a_suggestion_of_a_closed_document_cannot_be_accepted_by_an_edit(editor: Editor) -> None:
    """Opened again, the same insertion is only an insertion."""
    counter = await Counter.of(editor)
    doc, _ = await suggested(editor)
    editor.close(doc)
    again = editor.open("x = \n", uri=doc.uri)
    editor.insert(again, 4, HELLO)

    assert await counter.since() == (0, 0, 0, 0)


async def test_the_status_holds_no_text(editor: Editor) -> None:
    """Counts and times, and what serves; nothing of what was suggested."""
    _, item = await suggested(editor)
    await run(editor, item)
    status = await editor.status()

    assert {*NAMES, "state", "message", "endpoint", "model", "last_ms"} == set(status)
    assert HELLO not in repr(status)


def test_every_offer_has_a_number_of_its_own() -> None:
    """The newest offer of a document is the one that an edit accepts."""
    acceptance = Acceptance()
    numbers = [acceptance.offer(URI, 0, 4, text) for text in ("first", "second")]
    acceptance.edited(URI, 0, 4, "first")
    acceptance.edited(URI, 0, 4, "second")

    assert len(set(numbers)) == 2
    assert (acceptance.counts()["accepted"], acceptance.counts()["accepted_chars"]) == (1, 6)
