"""The language server: the open documents and the way to talk to the client. What needs a model is its session."""

from __future__ import annotations

import logging
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter
from pygls.uris import to_fs_path

from nearline_server.documents.document import Document
from nearline_server.documents.positions import Encoding, column_of, units_of
from nearline_server.lsp.acceptance import Acceptance
from nearline_server.lsp.protocol import Protocol

if TYPE_CHECKING:  # the router costs half of the start-up time; `initialize` is answered without it
    from nearline_server.completion.place import Place
    from nearline_server.lsp.session import Session

log = logging.getLogger("nearline")


class NearlineServer(LanguageServer):
    """The server side of one editor. `session` is None until it has been loaded, after `initialize`."""

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
        self.config_path = config_path
        self.session: Session | None = None

    @property
    def encoding(self) -> Encoding:
        """The position encoding agreed with the client."""
        agreed = self.protocol.server_capabilities.position_encoding or "utf-16"
        return str(getattr(agreed, "value", agreed))  # type: ignore[return-value]

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that are open in the editor, those on a disk, the first one first."""
        workspace = self.protocol.workspace
        uris = [workspace.root_uri or "", *workspace.folders]
        return tuple(dict.fromkeys(Path(path) for uri in uris if (path := to_fs_path(uri))))

    def place(self, uri: str, position: types.Position) -> Place | None:
        """The place a client speaks of, or None when the document is not open; a position too far is clamped."""
        document = self.documents.get(uri)
        if document is None:
            return None
        column = column_of(document.buffer.line(position.line), position.character, self.encoding)
        line, column = document.buffer.clamp(position.line, column)
        return document.place(line, column, self.protocol.workspace.root_uri or "")

    def say(self, kind: types.MessageType, text: str) -> None:
        """Show a message to the user."""
        self.window_show_message(types.ShowMessageParams(kind, text))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log a failure by its kind only: its text may hold parts of the user's code."""
        log.error("%s in %s", type(error).__name__, getattr(source, "__name__", source))


def to_position(line_text: str, line: int, column: int, encoding: Encoding) -> types.Position:
    """A place as the client counts it."""
    return types.Position(line, units_of(line_text, column, encoding))
