"""The oracle as a language server; started with the path of a log of what it is asked, and how late it may be in ms."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from tests.editors.vscode.oracle import text_for

server = LanguageServer("oracle", "1", text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
log_path, late_ms = Path(sys.argv[1]), float(sys.argv[2])
seeded = random.Random(4)


def log(event: str, **fields: Any) -> None:
    with log_path.open("a") as file:
        file.write(json.dumps({"t_ms": time.time() * 1000, "event": event, **fields}) + "\n")


@server.feature(types.INITIALIZED)
def initialized(_: types.InitializedParams) -> None:
    log("initialized", pid=os.getpid())


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(params: types.DidOpenTextDocumentParams) -> None:
    log("didOpen", uri=params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(params: types.DidChangeTextDocumentParams) -> None:
    log("didChange", version=params.text_document.version)


@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
    """As for the document when the request came, whatever it is when the answer goes out."""
    document = server.workspace.get_text_document(params.text_document.uri)
    cursor = document.offset_at_position(params.position)
    name = document.uri.rpartition("/")[2]
    text = text_for(name, document.source[:cursor], document.source[cursor:])
    log("request", name=name, character=params.position.character, kind=int(params.context.trigger_kind))
    if late_ms:
        await asyncio.sleep(seeded.choice((0, 0.1, 0.5, 1)) * late_ms / 1000)
    log("answer", text=text)
    at = types.Position(params.position.line, params.position.character)
    return types.InlineCompletionList([types.InlineCompletionItem(text, range=types.Range(at, at))] if text else [])


if __name__ == "__main__":
    server.start_io()
