"""A small LSP client: what an editor does for ghost text, over the stdio of the real server."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document

START_TIMEOUT_S = 120.0


def server_command(config: str | None) -> list[str]:
    """How to start the server with our own interpreter, whatever the working directory holds."""
    chosen = ["--config", config] if config else []
    return [sys.executable, "-P", "-m", "nearline_server", "lsp", "--stdio", *chosen]


class Client:
    """One editor window with one open document. Positions are code points (utf-32 is negotiated)."""

    def __init__(self) -> None:
        self.on_refresh: Callable[[int, int, int], None] = lambda *_: None
        self.status: dict[str, Any] = {}
        self.ready = asyncio.Event()
        self.document = Document("", "", 0, Buffer(""))
        self._client = LanguageClient("nearline-demo", "1")
        self._client.feature("nearline/status")(lambda status: self._status_changed(status))
        self._client.feature("nearline/inlineCompletion/refresh")(
            lambda late: self.on_refresh(late.version, late.position.line, late.position.character)
        )
        self._client.feature(types.WINDOW_SHOW_MESSAGE)(lambda shown: print(shown.message, file=sys.stderr))  # noqa: T201

    async def start(self, command: Sequence[str], root: Path) -> None:
        """Start the server and initialize it."""
        await self._client.start_io(*command, env=os.environ)
        capabilities = types.ClientCapabilities(
            general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf32]),
            text_document=types.TextDocumentClientCapabilities(
                inline_completion=types.InlineCompletionClientCapabilities()
            ),
        )
        await self._client.initialize_async(types.InitializeParams(capabilities, root_uri=root.as_uri()))
        self._client.initialized(types.InitializedParams())

    async def stop(self) -> None:
        """Shut the server down and wait for its end."""
        await self._client.shutdown_async(None)
        self._client.exit(None)
        await self._client.stop()  # type: ignore[no-untyped-call]

    def open(self, path: Path, language: str, text: str) -> None:
        """Open a document."""
        self.document = Document(path.as_uri(), language, 1, Buffer(text))
        item = types.TextDocumentItem(path.as_uri(), language, 1, text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def insert(self, at: tuple[int, int], text: str) -> tuple[int, int]:
        """Type or accept `text`; returns the cursor behind it."""
        position = types.Position(*at)
        document = self.document
        document.version += 1
        change = types.TextDocumentContentChangePartial(types.Range(position, position), text)
        identifier = types.VersionedTextDocumentIdentifier(document.version, document.uri)
        self._client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))
        return document.edit(at, at, text)

    def focus(self, at: tuple[int, int]) -> None:
        """Say where the cursor rests."""
        position = {"line": at[0], "character": at[1]}
        message = {"textDocument": {"uri": self.document.uri}, "position": position}
        self._client.protocol.notify("textDocument/didFocus", message)

    async def ask(self, at: tuple[int, int]) -> tuple[types.InlineCompletionItem | None, float]:
        """The item for a cursor, and the milliseconds from request to answer."""
        context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
        identifier = types.TextDocumentIdentifier(self.document.uri)
        params = types.InlineCompletionParams(context, identifier, types.Position(*at))
        start_s = time.perf_counter()
        answer = await self._client.text_document_inline_completion_async(params)
        took_ms = (time.perf_counter() - start_s) * 1000
        items = answer.items if isinstance(answer, types.InlineCompletionList) else answer or []
        return (items[0] if items else None), took_ms

    async def last_answer(self) -> dict[str, Any]:
        """How the newest answer was found and where its time went."""
        answer = await self.execute(types.Command("", "nearline.lastAnswer"))
        return answer if isinstance(answer, dict) else answer._asdict()

    async def execute(self, command: types.Command) -> Any:
        """Run a command, such as an accepted item's."""
        params = types.ExecuteCommandParams(command.command, command.arguments)
        return await self._client.workspace_execute_command_async(params)

    def _status_changed(self, status: Any) -> None:
        self.status = {"state": status.state, "message": status.message, "endpoint": status.endpoint}
        self.status["model"] = status.model
        if status.state in ("ready", "unavailable", "no-model"):
            self.ready.set()
