"""Documents as the client edits them. Never behind a model: an edit is applied and whoever waits is answered."""

from __future__ import annotations

from lsprotocol import types

from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from nearline_server.documents.positions import column_of
from nearline_server.lsp.server import NearlineServer


def register(server: NearlineServer) -> None:
    """Add the document notifications."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        server.acceptance.closed(item.uri)
        server.documents[item.uri] = Document(item.uri, item.language_id, item.version, Buffer(item.text))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = server.documents.get(params.text_document.uri)
        if document is None:
            return
        document.version = params.text_document.version
        cursor = (0, 0)
        for change in params.content_changes:
            cursor = _apply(server, document, change)
        if server.session:
            server.session.completer.changed(document.place(*cursor))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.documents.pop(uri, None)
        server.acceptance.closed(uri)
        if server.session:
            server.session.completer.closed(uri)


def _apply(server: NearlineServer, document: Document, change: types.TextDocumentContentChangeEvent) -> tuple[int, int]:
    if isinstance(change, types.TextDocumentContentChangeWholeDocument):
        server.acceptance.overwritten(document, change.text)
        document.overwrite(change.text)
        return 0, 0
    start = _existing(server, document, change.range.start)
    end = max(start, _existing(server, document, change.range.end))
    server.acceptance.edited(document, start, end, change.text)
    return document.edit(start, end, change.text)


def _existing(server: NearlineServer, document: Document, position: types.Position) -> tuple[int, int]:
    column = column_of(document.buffer.line(position.line), position.character, server.encoding)
    return document.buffer.clamp(position.line, column)
