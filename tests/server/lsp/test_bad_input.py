"""Whatever a client sends: an answer or a clear error, never a crash, never a wrong place. The cursor is drawn as ║."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Future
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcMethodNotFound

from tests.waiting import until

from .editor import ROOT, Doc, Editor
from .held_llama import HeldLlama

HELLO = "hello world"
LINES_50_000 = "x = 1\n" * 25_000 + "y = ║\n" + "z = 1\n" * 25_000


async def still_answers(editor: Editor) -> bool:
    """Whether a plain document gets what it should."""
    return await editor.text(editor.open("plain = "), 8) == HELLO


async def send(editor: Editor, method: str, params: Any) -> Any:
    """Send a request as raw JSON; its result, or the error that it was answered with."""
    protocol, future = editor.client.protocol, Future[Any]()
    protocol._request_futures[f"raw {method}"] = future
    write(editor, {"jsonrpc": "2.0", "id": f"raw {method}", "method": method, "params": params})
    return await asyncio.wait_for(asyncio.wrap_future(future), 10)


def write(editor: Editor, message: Any) -> None:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    stdin = editor.process.stdin
    assert stdin is not None
    stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


@pytest.mark.parametrize(
    "text",
    [
        "x = ║",
        "x = 1\ny = ║",
        "x = ║\r\ny = 1\r\n",
        "x = 1\r\n\ty = ║\r\n",
        "x = 1\ry = ║\rz = 2",
        "if x:\n\t\ty = ║\n\tz = 1\n",
        "x = '😀漢字' + ║\n",
        "x = f(║'😀漢字')\n".replace("'😀漢字'", ""),
        "x = 1 # \u2028 \x0c \x85\ny = ║\n",
        "x = '<|fim_middle|>' + ║\n",
        LINES_50_000,
    ],
    ids=["one line", "no final newline", "CRLF", "CRLF and tab", "CR", "tabs", "emoji and CJK", "before a bracket",
         "separators", "control tokens", "50,000 lines"],
)  # fmt: skip
async def test_odd_but_good_text_is_answered_at_its_place(editor: Editor, llama: HeldLlama, text: str) -> None:
    """The model is asked about exactly the text around the cursor, and the item stands at the cursor."""
    doc = editor.open(text.replace("║", ""))
    at = text.index("║")
    (item,) = await editor.ask(doc, at)
    before, after = llama.prompt()

    assert (item.insert_text, item.range) == (HELLO, types.Range(editor.position(doc, at), editor.position(doc, at)))
    assert doc.text[:at].endswith(before)
    assert before.endswith(text[:at].splitlines()[-1])
    assert doc.text[at:].lstrip(")").startswith(after.lstrip(")"))


@pytest.mark.parametrize(
    ("text", "at"),
    [("", 0), ("\n\n", 1), ("x" * 1_000_000, 1_000_000), ("x" * 500_000 + " ", 500_001), ("x = \n\0\n", 4), ("\0", 1)],
    ids=["empty", "only line ends", "1 MB line", "long line", "NUL below", "NUL"],
)
async def test_where_typing_gets_nothing_it_gets_an_empty_list(editor: Editor, text: str, at: int) -> None:
    """Nothing to go by, data and binaries: no suggestion, no error, and the next request is answered."""
    doc = editor.open(text)

    assert await editor.ask(doc, at) == []
    assert await still_answers(editor)


@pytest.mark.parametrize(
    ("text", "at"),
    [("", 0), ("x = ", 4), ("x" * 1_000_000, 1_000_000), ("x" * 1_000_000, 500_000), ("x" * 9_000 + "\ny = ", 9_005)],
    ids=["empty", "short", "1 MB line", "inside a 1 MB line", "long line above"],
)
async def test_an_invocation_is_honoured_wherever_there_is_text(
    editor: Editor, llama: HeldLlama, text: str, at: int
) -> None:
    """Who asks by hand gets an answer for an empty file and for a line of a megabyte too, with a prompt of a
    bounded size.
    """
    doc = editor.open(text)
    position = editor.position(doc, at)
    items = await editor.ask(doc, at, invoked=True)
    before, after = llama.prompt()

    assert [types.Range(position, position)] == [item.range for item in items]
    assert len(before) + len(after) < 6_000
    assert doc.text[:at].endswith(before)
    assert doc.text[at:].startswith(after)


@pytest.mark.parametrize(
    ("position", "nearest"),
    [((0, 4), (0, 4)), ((0, 999), (0, 4)), ((1, 0), (1, 0)), ((7, 3), (1, 0)), ((2**31 - 1, 2**31 - 1), (1, 0))],
)
async def test_a_position_past_the_end_is_the_nearest_place(
    editor: Editor, position: tuple[int, int], nearest: tuple[int, int]
) -> None:
    """Past a line is its end, past the document is the document's; the item says where."""
    doc = editor.open("x = \n")
    (item,) = await editor.ask_at(doc, *position)

    assert item.range == types.Range(types.Position(*nearest), types.Position(*nearest))


@pytest.mark.parametrize("position", [(0, 6), (0, 7)])
async def test_a_position_inside_a_surrogate_pair_is_before_the_character(
    editor: Editor, llama: HeldLlama, position: tuple[int, int]
) -> None:
    """Half a character is no place; what the model is asked is never half a character either."""
    doc = editor.open("x = [ 😀")
    (item,) = await editor.ask_at(doc, *position, invoked=True)

    assert llama.prompt() == ("x = [ ", "😀")
    assert item.range is not None
    assert item.range.start == types.Position(0, 6)


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1",
        "git:/project/a.py?%7B%22ref%22%3A%22HEAD%22%7D",
        "vscode-notebook-cell:/project/a.ipynb#W0sZmlsZQ%3D%3D",
        "file:///project/%E6%BC%A2%20%F0%9F%98%80.py",
        "file:///C%3A/project/a.py",
        "not a URI at all",
        "file://[bad",
        "",
    ],
)
async def test_a_document_need_not_be_a_file(editor: Editor, uri: str) -> None:
    """Whatever names it, what is open is answered."""
    doc = editor.open("x = ", uri=uri)

    assert await editor.text(doc, 4) == HELLO


async def test_half_a_surrogate_pair_is_survived(editor: Editor, llama: HeldLlama) -> None:
    """Text that is not Unicode is answered too, and edits behind it are where they should be."""
    doc = editor.open("s = '\ud83d'\n")
    write(
        editor,
        {
            "jsonrpc": "2.0",
            "method": "textDocument/didChange",
            "params": {
                "textDocument": {"uri": doc.uri, "version": 2},
                "contentChanges": [
                    {
                        "range": {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 7}},
                        "text": " + \udc00 + ",
                    }
                ],
            },
        },
    )

    assert [item.insert_text for item in await editor.ask_at(doc, 0, 14)] == [HELLO]
    assert llama.prompt() == ("s = '\ufffd' + \ufffd + ", "\n")


async def test_an_unknown_document_gets_an_empty_list(editor: Editor) -> None:
    """Also one that was closed; changing and closing what is not open does nothing."""
    doc = editor.open("x = ")
    editor.close(doc)
    stranger = Doc(f"{ROOT}/stranger.py", "x = ")
    editor.insert(stranger, 4, "1")
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(stranger.uri)))

    assert (await editor.ask(doc, 4), await editor.ask(stranger, 4)) == ([], [])
    assert await still_answers(editor)


async def test_a_document_opened_again_is_the_newer_one(editor: Editor, llama: HeldLlama) -> None:
    """A second `didOpen` replaces the text."""
    doc = editor.open("old = ")
    editor.open("newer = ", uri=doc.uri)
    await editor.ask_at(doc, 0, 8)

    assert llama.prompt() == ("newer = ", "")


def at(line: int, character: int) -> types.Position:
    return types.Position(line, character)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([((0, 99), (0, 99), "y")], "x = y\nz\n"),
        ([((9, 0), (9, 0), "y = ")], "x = \nz\ny = "),
        ([((0, 2), (99, 99), "+ ")], "x + "),
        ([((0, 4), (0, 2), "1")], "x = 1\nz\n"),
        ([((1, 0), (0, 4), "1")], "x = \n1z\n"),
        ([((0, 4), (0, 4), ""), ((0, 4), (1, 1), "1")], "x = 1\n"),
    ],
    ids=["past the line", "past the document", "end past the document", "reversed", "reversed lines", "several"],
)
async def test_changes_past_the_end_go_to_the_nearest_place(
    editor: Editor, llama: HeldLlama, changes: list[tuple[tuple[int, int], tuple[int, int], str]], expected: str
) -> None:
    """A range that the document does not have is taken as far as the document goes; a reversed one is empty."""
    doc = editor.open("x = \nz\n")
    editor.change(
        doc,
        *(
            types.TextDocumentContentChangePartial(types.Range(at(*start), at(*end)), new)
            for start, end, new in changes
        ),
    )
    await editor.ask_at(doc, 99, 99, invoked=True)

    assert llama.prompt() == (expected, "")


async def test_a_change_may_bring_the_whole_text(editor: Editor, llama: HeldLlama) -> None:
    """A client that sends everything is understood, and may go on with ranges."""
    doc = editor.open("old")
    partial = types.TextDocumentContentChangePartial(types.Range(at(1, 0), at(1, 0)), "y = ")
    editor.change(doc, types.TextDocumentContentChangeWholeDocument("x = 1\n"), partial)
    editor.change(doc)
    await editor.ask_at(doc, 1, 4)

    assert llama.prompt() == ("x = 1\ny = ", "")


@pytest.mark.parametrize(
    "params",
    [
        {},
        None,
        [],
        {"textDocument": {"uri": "file:///project/a.py"}, "position": {"line": -1, "character": 0}},
        {"textDocument": {"uri": "file:///project/a.py"}, "position": {"line": 0, "character": "x"}, "context": {}},
        {"textDocument": {}, "position": {"line": 0, "character": 0}, "context": {"triggerKind": 77}},
    ],
)
async def test_parameters_that_make_no_sense_are_an_error(editor: Editor, params: Any) -> None:
    """A request that cannot be read is answered with an error, not with silence."""
    with pytest.raises(JsonRpcException):
        await send(editor, types.TEXT_DOCUMENT_INLINE_COMPLETION, params)

    assert await still_answers(editor)


async def test_an_unknown_method_is_an_error(editor: Editor) -> None:
    """A request for what the server cannot do says that."""
    with pytest.raises(JsonRpcMethodNotFound):
        await send(editor, "textDocument/hoverAbove", {})


@pytest.mark.parametrize("arguments", [[], ["one"], [1, 2, 3], [{}, {}]])
async def test_a_command_with_wrong_arguments_is_an_error(editor: Editor, arguments: list[Any]) -> None:
    """Accepting needs the number and the length of what was accepted."""
    with pytest.raises(JsonRpcException):
        await editor.execute("nearline.accept", *arguments)

    assert await still_answers(editor)


async def test_an_unknown_command_is_an_error(editor: Editor) -> None:
    """Only the commands that were offered can be run."""
    with pytest.raises(JsonRpcInvalidParams):
        await editor.execute("nearline.formatDisk")


@pytest.mark.parametrize(
    "message",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b"\xff\xfe",
        {"jsonrpc": "1.0", "method": "x"},
        {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"textDocument": 7}},
        {"jsonrpc": "2.0", "method": "textDocument/didFocus", "params": {"position": "here"}},
        {"jsonrpc": "2.0", "method": "textDocument/didShowCompletion"},
        {"jsonrpc": "2.0", "method": "workspace/didChangeConfiguration", "params": {"settings": [1]}},
        {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "never sent"}},
        {"jsonrpc": "2.0", "id": "never asked", "result": 1},
    ],
)
async def test_noise_is_survived(editor: Editor, message: Any) -> None:
    """What is no message, or one that says nothing, is passed over."""
    write(editor, message)

    assert await still_answers(editor)


async def test_a_document_closed_in_mid_request_is_answered_empty(editor: Editor, llama: HeldLlama) -> None:
    """And opened again it is answered as a new one."""
    llama.let.clear()
    doc = editor.open("x = ")
    waiting = editor.begin(doc, at(0, 4))
    await until(lambda: llama.completions, "the model to be asked")
    editor.close(doc)
    assert await waiting == []
    llama.let.set()

    assert await editor.text(editor.open("x = ", uri=doc.uri), 4) == HELLO
