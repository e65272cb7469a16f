"""The floor: a language server that answers at once, with what nobody types. Run as a program, over stdio."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

TEXT = "§ at once"

server = LanguageServer("floor", "1")


# pygls advertises inline completion only when options are given.
@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
    """The text at the cursor; without a range VS Code would put it in place of the word there."""
    cursor = types.Position(params.position.line, params.position.character)
    return types.InlineCompletionList([types.InlineCompletionItem(TEXT, range=types.Range(cursor, cursor))])


if __name__ == "__main__":
    server.start_io()
