"""A language server that answers as it is told: the tests' counterpart for the Neovim client.

Started with the path of a log, to which it writes every message it gets as one JSON line. The notification
`test/script` (a JSON string) changes what it answers, `test/send` makes it send a notification.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.lsp.server import LanguageServer

READ = get_converter()
UNIT = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@dataclass
class Script:
    """What to answer: the part of each text that is not yet before the cursor."""

    texts: list[str] = field(default_factory=list)
    delay_ms: float = 0
    cut: int | None = None  # answer at most so many characters, as a server does at its deadline
    whole: bool = False  # the item's range covers what is typed, its text is the whole text
    cover: int = 0  # the item's range goes on for so many characters after the cursor
    lines_off: int = 0  # the item's range is so many lines away from the cursor
    pieces: list[str] = field(default_factory=list)  # an action's answer, as it comes
    output: str = ""  # what the whole of it will be, as the server says with the pieces
    held: bool = False  # an action stays unfinished after its pieces, until it is cancelled
    changes: list[dict[str, Any]] | None = None  # what an action has the client apply, as documentChanges
    note: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)  # the code-action menu


server = LanguageServer("scripted", "1", text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
script = Script()
log_path = Path(sys.argv[1])


def log(event: str, **fields: Any) -> None:
    with log_path.open("a") as file:
        file.write(json.dumps({"t": time.time() * 1000, "event": event, **fields}) + "\n")


def plain(value: Any) -> Any:
    """pygls reads the parameters of unknown methods into named tuples; this gives the dictionaries back."""
    if hasattr(value, "_asdict"):
        return {key: plain(inner) for key, inner in value._asdict().items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def encoding() -> str:
    return types.PositionEncodingKind(server.workspace.position_encoding).value


def units(text: str) -> int:
    codec, width = UNIT[encoding()]
    return len(text.encode(codec)) // width


def already_typed(before: str, text: str) -> int:
    """How many characters of the text the document already ends with."""
    return next((k for k in range(len(text), 0, -1) if before.endswith(text[:k])), 0)


def item_for(text: str, before: str, at: types.Position) -> types.InlineCompletionItem | None:
    typed = already_typed(before, text)
    rest = text[typed:][: script.cut]
    if not typed or not rest:
        return None
    start = at
    if script.whole:
        start, rest = types.Position(at.line, at.character - units(text[:typed])), text[:typed] + rest
    return types.InlineCompletionItem(
        insert_text=rest,
        range=types.Range(
            types.Position(start.line + script.lines_off, start.character),
            types.Position(at.line + script.lines_off, at.character + script.cover),
        ),
        command=types.Command(title="accepted", command="scripted.accepted", arguments=[text]),
    )


@server.feature(types.INITIALIZED)
def initialized(_: types.InitializedParams) -> None:
    log("initialized", pid=os.getpid(), encoding=encoding())


@server.feature(types.INITIALIZE)
def initialize(params: types.InitializeParams) -> None:
    log("initialize", options=plain(params.initialization_options))


@server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
def configuration(params: types.DidChangeConfigurationParams) -> None:
    log("configuration", settings=plain(params.settings))


@server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
def folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
    log("folders", added=[folder.uri for folder in params.event.added])


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(params: types.DidOpenTextDocumentParams) -> None:
    log("didOpen", uri=params.text_document.uri, language=params.text_document.language_id)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(params: types.DidChangeTextDocumentParams) -> None:
    log("didChange", version=params.text_document.version)


@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
    at = types.Position(params.position.line, params.position.character)  # pygls clamps the other one
    document = server.workspace.get_text_document(params.text_document.uri)
    before = document.source[: document.offset_at_position(params.position)]
    texts, delay_ms = script.texts, script.delay_ms  # as told when the request came
    line = before.rpartition("\n")[2]
    log("request", line=at.line, character=at.character, kind=int(params.context.trigger_kind), before=line)
    try:
        await asyncio.sleep(delay_ms / 1000)
    except asyncio.CancelledError:
        log("cancelled", character=at.character)
        raise
    items = [item for text in texts if (item := item_for(text, before, at))]
    log("respond", character=at.character, items=len(items))
    return types.InlineCompletionList(items=items)


@server.command("scripted.accepted")
def accepted(text: str) -> None:
    log("accepted", text=text)


@server.command("nearline.whyHere")
def why_here() -> dict[str, str]:
    return {"text": "**local** was chosen for `complete`.\n\n| cheap | 85 ms |"}


@server.command("nearline.status")
def status() -> dict[str, Any]:
    return {"state": "ready", "endpoints": [{"id": "local"}, {"id": "mac studio"}]}


def act(command: str) -> None:
    """An action as the real server has it: progress, then perhaps an edit, then the result."""

    @server.command(command)
    async def run(*arguments: Any) -> dict[str, Any]:
        told, argument = script, plain(arguments[0]) if arguments else {}
        log("action", command=command, argument=argument)
        name = {"version": 1, "id": argument.get("id", "its own"), "action": command.removeprefix("nearline.")}
        nobody = {"text": "", "done": False, "endpoint": "", "model": "", "note": ""}
        for piece in ["", *told.pieces]:
            server.protocol.notify("nearline/action/progress", {**name, **nobody, "text": piece, "output": told.output})
        try:
            await asyncio.sleep(3600 if told.held else 0)
        except asyncio.CancelledError:
            log("action cancelled", command=command)
            raise
        who = {"endpoint": "cloud", "model": "large", "note": told.note}
        applied = told.changes is not None and await apply(told.changes)
        server.protocol.notify("nearline/action/progress", {**name, **nobody, **who, "done": True})
        return {**who, "text": "".join(told.pieces), "applied": applied, "cut": False}


async def apply(changes: list[dict[str, Any]]) -> bool:
    """Whether the client says that it did."""
    params = {"edit": {"documentChanges": changes}, "label": "Refactor"}
    answer = await server.workspace_apply_edit_async(READ.structure(params, types.ApplyWorkspaceEditParams))
    log("applied", applied=answer.applied, reason=answer.failure_reason or "")
    return bool(answer.applied)


async def execute(params: types.ExecuteCommandParams) -> Any:
    """Behind pygls' own handler, a generator, a command cannot be cancelled."""
    handler, args, _ = next(own_execute(params))
    result = handler(*args)
    return await result if inspect.isawaitable(result) else result


own_execute = server.protocol.fm.builtin_features[types.WORKSPACE_EXECUTE_COMMAND]
server.protocol.fm.add_builtin_feature(types.WORKSPACE_EXECUTE_COMMAND, execute)

READERS = ("explain", "review", "ask", "followUp")
WRITERS = ("refactor", "fix", "tests", "document", "completeBody", "commitMessage", "runAction")
for name in (*READERS, *WRITERS):
    act(f"nearline.{name}")


@server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
def code_action(_: types.CodeActionParams) -> Any:
    return script.items


@server.feature("textDocument/didShowCompletion")
def did_show(params: Any) -> None:
    log("show", **plain(params))


@server.feature("textDocument/didPartiallyAcceptCompletion")
def did_partially_accept(params: Any) -> None:
    log("partial", **plain(params))


@server.feature("textDocument/didFocus")
def did_focus(params: Any) -> None:
    log("focus", **plain(params))


@server.feature("test/script")
def set_script(params: Any) -> None:
    global script
    script = Script(**json.loads(params.json))
    log("script")


@server.feature("test/send")
def send(params: Any) -> None:
    message = json.loads(params.json)
    server.protocol.notify(message["method"], message["params"])


@server.feature("test/ping")
def ping(params: Any) -> None:
    log("ping", number=params.number)


if __name__ == "__main__":
    server.start_io()
