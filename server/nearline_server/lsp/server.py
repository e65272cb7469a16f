"""The language server: what it holds, and the one place where its features are put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from nearline_router.local import LocalStatus
from nearline_router.router import Router
from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.place import Place
from nearline_server.documents.document import Document
from nearline_server.documents.positions import Encoding, column_of, units_of
from nearline_server.lsp.acceptance import Acceptance
from nearline_server.lsp.protocol import Protocol
from nearline_server.settings import read_settings

log = logging.getLogger("nearline")


class NearlineServer(LanguageServer):
    """Open documents, settings and the typing path of one editor."""

    protocol: Protocol

    def __init__(self, config_path: str | None = None) -> None:
        super().__init__(
            "nearline",
            version("nearline"),
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
            protocol_cls=Protocol,
            converter_factory=default_converter,
        )
        self.documents: dict[str, Document] = {}
        self.acceptance = Acceptance()
        self.router = Router.from_file(config_path, self._status_changed)
        self.settings, self._complaints = read_settings({"completion": self.router.config.completion})
        self.completer = Completer(self.router, self.settings.completion, self._late)
        self.last_answer: Answer | None = None
        self._background: set[asyncio.Task[Any]] = set()

    @property
    def encoding(self) -> Encoding:
        """The position encoding agreed with the client."""
        agreed = self.protocol.server_capabilities.position_encoding or "utf-16"
        return str(getattr(agreed, "value", agreed))  # type: ignore[return-value]

    def place(self, uri: str, position: types.Position) -> Place | None:
        """The place a client speaks of, or None when the document is not open; a position too far is clamped."""
        document = self.documents.get(uri)
        if document is None:
            return None
        column = column_of(document.buffer.line(position.line), position.character, self.encoding)
        line, column = document.buffer.clamp(position.line, column)
        return document.place(line, column, self.protocol.workspace.root_uri or "")

    def use_settings(self, *layers: Mapping[str, Any] | None) -> None:
        """Take settings over those of the configuration file; what is wrong is said and left at its default."""
        self.settings, complaints = read_settings({"completion": self.router.config.completion}, *layers)
        self.completer.settings = self.settings.completion
        for complaint in complaints:
            self.say(types.MessageType.Warning, complaint)

    def say(self, kind: types.MessageType, text: str) -> None:
        """Show a message to the user."""
        self.window_show_message(types.ShowMessageParams(kind, text))

    def in_background(self, coroutine: Any) -> None:
        """Run something that nobody waits for, and keep it from being collected."""
        task = asyncio.ensure_future(coroutine)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log a failure by its kind only: its text may hold parts of the user's code."""
        log.error("%s in %s", type(error).__name__, getattr(source, "__name__", source))

    def send_status(self) -> None:
        """Tell the client how things are (`nearline/status`)."""
        status = self.router.local.status
        message = {
            "state": status.state,
            "message": status.message,
            "endpoint": self.router.local.id,
            "model": status.model,
            "last_ms": self.last_answer.total_ms if self.last_answer else None,
        }
        self.protocol.notify("nearline/status", message)

    def _status_changed(self, status: LocalStatus) -> None:
        log.info("%s: %s", status.state, status.message)
        if self.protocol.writer is not None:
            self.send_status()

    def _late(self, place: Place) -> None:
        """An answer that was cut at its deadline, or came after it, is known now: the client may ask again."""
        document = self.documents.get(place.uri)
        if document and document.version == place.version:
            line = document.buffer.line(place.line)
            position = to_position(line, place.line, place.column, self.encoding)
            message = {"uri": place.uri, "version": place.version, "position": position}
            self.protocol.notify("nearline/inlineCompletion/refresh", message)


def to_position(line_text: str, line: int, column: int, encoding: Encoding) -> types.Position:
    """A place as the client counts it."""
    return types.Position(line, units_of(line_text, column, encoding))
