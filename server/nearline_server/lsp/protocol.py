"""pygls' protocol without pygls' documents: ours are edited in place and split lines as LSP does."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

Handled = Generator[Any, Any, None]


class Protocol(LanguageServerProtocol):
    """Hands document notifications to our own features and keeps no copy of the text.

    `arrived_s` is when the message at hand began to come in, and good until its handler waits for something;
    `edited` is the document of the newest edit and when that came. Times are perf_counter's; `began_s` is asked for
    them when a message has been read, and knows no better than that it is now unless somebody else is put there.
    """

    arrived_s = 0.0
    edited = ("", 0.0)

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self.began_s: Callable[[], float] = time.perf_counter

    def handle_message(self, message: Any) -> None:
        """Hand a message to its handler; an asynchronous one begins before the next message is looked at."""
        self.arrived_s = self.began_s()
        super().handle_message(message)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A message from JSON. pygls drops a request that it cannot read; every request is answered."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def _execute_handler(
        self,
        msg_id: str | int,
        handler: Callable[..., Any],
        callback: Callable[[Any], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """As pygls does, which keeps the future of each notification for ever: 2.5 kB a key."""

        def ended(future: Any) -> None:
            # A shutdown goes through them all and cancels them.
            if not future.cancelled():
                self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, ended, args, kwargs)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Handled:
        """A document was opened."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Handled:
        """A document was edited."""
        self.edited = params.text_document.uri, self.arrived_s
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Handled:
        """A document was closed."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None
