"""What pygls is given to do, and what it is kept from."""

from __future__ import annotations

import asyncio

from lsprotocol import types

from nearline_server.lsp.start import build

URI = "file:///a.py"


async def test_notifications_leave_nothing_behind() -> None:
    """Each key is one, and a day has tens of thousands."""
    server = build(None)
    item = types.TextDocumentItem(URI, "python", 0, "")
    server.protocol.handle_message(types.DidOpenTextDocumentNotification(types.DidOpenTextDocumentParams(item)))
    for version in range(1, 10):
        identifier = types.VersionedTextDocumentIdentifier(version, URI)
        change = types.TextDocumentContentChangeWholeDocument("x" * version)
        params = types.DidChangeTextDocumentParams(identifier, [change])
        server.protocol.handle_message(types.DidChangeTextDocumentNotification(params))
    await asyncio.sleep(0)

    assert server.documents[URI].buffer.text() == "x" * 9
    assert server.protocol._request_futures == {}
