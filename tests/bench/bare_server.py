"""The floor: a pygls server with one feature that always answers the same. Run as a program, over stdio."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "1")


# pygls advertises inline completion only when options are given.
@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
def inline_completion(_: types.InlineCompletionParams) -> types.InlineCompletionList:
    """Always the same."""
    return types.InlineCompletionList([types.InlineCompletionItem("constant")])


if __name__ == "__main__":
    server.start_io()
