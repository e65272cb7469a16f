"""What a player types into: an editor window, whoever completes in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from lsprotocol import types

from nearline_server.demo.client import Client
from nearline_server.documents.document import Document
from nearline_server.replay.files import SourceFile

Cursor = tuple[int, int]


class Window(Protocol):
    """One document, and ghost text at its cursor.

    `on_refresh` is called with (version, line, column) when there is more to show than the last answer had.
    `request_ms` are the times from request to answer, of those that were asked.
    """

    document: Document
    on_refresh: Callable[[int, int, int], None]
    request_ms: list[float]

    async def begin(self, file: SourceFile, text: str, cursor: Cursor) -> None:
        """Open a file with this text, the cursor there; returns when it may be typed into."""

    async def end(self) -> None:
        """Close it."""

    def focus(self, at: Cursor) -> None:
        """The cursor moves without an edit."""

    def replace(self, start: Cursor, end: Cursor, text: str) -> Cursor:
        """An edit; returns the cursor behind it."""

    async def ask(self, at: Cursor) -> tuple[types.InlineCompletionItem | None, float]:
        """The item for a cursor, and the milliseconds from request to answer."""

    async def execute(self, command: types.Command) -> Any:
        """Run an accepted item's command."""


class LspWindow(Client):
    """The real server over stdio; `name` is what the ledger calls this client.

    Files are named from the folder `root` on; they need not be there. What is typed is never written to one.
    """

    def __init__(self, root: Path, name: str) -> None:
        super().__init__()
        self.request_ms: list[float] = []
        self._root = root
        self._name = name

    async def start(self, command: Sequence[str], root: Path) -> None:
        """See Client."""
        await self._client.start_io(*command, env=os.environ)
        utf32 = types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf32])
        inline = types.TextDocumentClientCapabilities(inline_completion=types.InlineCompletionClientCapabilities())
        capabilities = types.ClientCapabilities(general=utf32, text_document=inline)
        info = types.ClientInfo(self._name)
        params = types.InitializeParams(capabilities, root_uri=root.as_uri(), client_info=info)
        await self._client.initialize_async(params)
        self._client.initialized(types.InitializedParams())

    async def begin(self, file: SourceFile, text: str, cursor: Cursor) -> None:
        """See Window."""
        self.open(self._root / file.name, file.language, text)
        self.focus(cursor)

    async def end(self) -> None:
        """See Window."""
        identifier = types.TextDocumentIdentifier(self.document.uri)
        self._client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    def replace(self, start: Cursor, end: Cursor, text: str) -> Cursor:
        """See Window."""
        document = self.document
        document.version += 1
        change = types.TextDocumentContentChangePartial(types.Range(types.Position(*start), types.Position(*end)), text)
        identifier = types.VersionedTextDocumentIdentifier(document.version, document.uri)
        self._client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))
        return document.edit(start, end, text)

    async def ask(self, at: Cursor) -> tuple[types.InlineCompletionItem | None, float]:
        """See Window."""
        item, took_ms = await super().ask(at)
        self.request_ms.append(took_ms)
        return item, took_ms
