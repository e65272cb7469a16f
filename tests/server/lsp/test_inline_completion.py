"""`textDocument/inlineCompletion`: the right text at the right place. The cursor is drawn as ║."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.server.prompts import named_file

from .conftest import Start
from .editor import AUTOMATIC, Editor
from .held_llama import HeldLlama

LINES = [
    "x = ║",
    "größe = ║",
    "s = '😀', ║",
    "s = '漢字', ║",
    "s = 'e\u0301', ║",
    "s = '👨‍👩‍👧', ║",
    "😀║",
    "漢字║",
    "\ts = '😀'║",
    "f('😀║')",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_the_place_is_the_same_in_every_encoding(start: Start, llama: HeldLlama, encoding: str) -> None:
    """Whatever stands before the cursor, the model is asked at the cursor and the item stands there too;
    after edits between characters of every width it is asked about the text that the editor has.
    """
    editor = await start(encodings=[encoding])
    assert encoding == editor.encoding
    for line in LINES:
        drawn = f"import os\n# 漢😀\n{line}\ny = 1\n"
        doc = editor.open(drawn.replace("║", ""))
        at = doc.offset(drawn)
        (item,) = await editor.ask(doc, at)
        cursor = editor.position(doc, at)

        assert (doc.text[:at], doc.text[at:]) == llama.prompt()
        assert item.range == types.Range(cursor, cursor)
        assert item.insert_text == "hello world"

    doc = editor.open("a = '😀漢é'\nb = '😀'\n")
    editor.replace(doc, 6, 7, "字")
    editor.replace(doc, 5, 6, "")
    editor.insert(doc, 7, "😀")
    editor.replace(doc, 3, 12, " [\r\n")
    at = editor.insert(doc, len(doc.text), "c = ")
    await editor.ask(doc, at)

    assert (doc.text, "") == llama.prompt()


async def test_an_item_has_a_range_and_a_command(editor: Editor, llama: HeldLlama) -> None:
    """The range is empty at the cursor, the text is the rest only, the command says that it was accepted."""
    doc = editor.open("x = ")
    (item,) = await editor.ask(doc, 4)
    assert item.command is not None

    assert item.range == types.Range(types.Position(0, 4), types.Position(0, 4))
    assert (item.insert_text, item.command.command) == ("hello world", "nearline.accept")
    assert len(llama.completions) == 1


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("file:///project/src/%C3%A4%20b.py", "src/ä b.py"),
        ("file:///elsewhere/src/a.py", "a.py"),
        ("untitled:Untitled-1", "Untitled-1"),
    ],
)
async def test_the_model_is_told_the_files_name(editor: Editor, llama: HeldLlama, uri: str, name: str) -> None:
    """Its path in the workspace, else its name; nothing of the user's other folders."""
    await editor.ask(editor.open("x = ", uri=uri), 4)

    assert named_file(llama.completions[0]) == name


async def test_typing_along_is_answered_without_the_model(editor: Editor, llama: HeldLlama) -> None:
    """The rest of the ghost text stays, at its new place."""
    doc = editor.open("x = ")
    await editor.ask(doc, 4)
    at = editor.insert(doc, 4, "hell")
    (item,) = await editor.ask(doc, at)

    assert (item.insert_text, item.range) == ("o world", types.Range(types.Position(0, 8), types.Position(0, 8)))
    assert len(llama.completions) == 1


async def test_an_invocation_asks_for_several_lines(editor: Editor, llama: HeldLlama) -> None:
    """Explicit triggers get blocks where typing gets the rest of the line."""
    doc = editor.open("x = ")
    await editor.ask(doc, 4)
    doc = editor.open("x = ")
    await editor.ask(doc, 4, invoked=True)
    typed, invoked = llama.completions

    assert (typed["stop"], invoked.get("stop")) == (["\n"], None)
    assert typed["n_predict"] < invoked["n_predict"]


async def test_the_chosen_entry_of_the_suggest_widget_is_extended(editor: Editor, llama: HeldLlama) -> None:
    """The item replaces what the entry replaces and begins with the entry; the model continues behind it."""
    doc = editor.open("😀.def_\n")
    position = types.Position(0, 7)
    chosen = types.SelectedCompletionInfo(types.Range(types.Position(0, 3), position), "def_two")
    (item,) = await editor.begin(doc, position, selected=chosen)

    assert (item.insert_text, item.range) == ("def_twohello world", chosen.range)
    assert llama.prompt() == ("😀.def_two", "\n")


async def test_an_entry_that_replaces_what_was_typed_gets_nothing(editor: Editor, llama: HeldLlama) -> None:
    """An answer that does not begin with the chosen entry would be hidden, so none is made."""
    doc = editor.open("foo.bar\n")
    position = types.Position(0, 7)
    for start, text in ((types.Position(0, 4), "qux"), (types.Position(0, 0), "bar")):
        chosen = types.SelectedCompletionInfo(types.Range(start, position), text)

        assert await editor.begin(doc, position, selected=chosen) == []
    assert llama.completions == []


async def test_what_the_gate_refuses_is_an_empty_list(editor: Editor, llama: HeldLlama) -> None:
    """Typing in the middle of a word gets no answer from the model; the client gets a list all the same."""
    doc = editor.open("foobar")
    answer = await editor.client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            types.InlineCompletionContext(AUTOMATIC), types.TextDocumentIdentifier(doc.uri), types.Position(0, 3)
        )
    )

    assert isinstance(answer, types.InlineCompletionList)
    assert list(answer.items) == []
    assert llama.completions == []
