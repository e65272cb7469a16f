"""A language server whose answer follows from the document alone, so that a screen shows whether it is stale.

It holds answers back for a while, which follows from the document too, and answers overtaken requests all the same.
"""

from __future__ import annotations

import asyncio
import zlib

from lsprotocol import types
from pygls.lsp.server import LanguageServer

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOST_DELAY_MS = 40

server = LanguageServer("derived", "1", text_document_sync_kind=types.TextDocumentSyncKind.Incremental)


def derived(before: str, after: str) -> str:
    """One to three words that no other place in any document has, every third time on two lines.

    Line ends at the end do not count: Neovim sends one too many when the last line of a buffer is deleted.
    """
    number = zlib.crc32("\0".join([before, after.rstrip("\n")]).encode())
    letters = "".join(LETTERS[number // 26**i % 26] for i in range(6))
    return f"{letters[:2]} {letters[2:]}\n{letters[::-1]}" if number % 3 == 0 else f"{letters} {letters[:3]}"


@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
    document = server.workspace.get_text_document(params.text_document.uri)
    offset = document.offset_at_position(params.position)
    text = derived(document.source[:offset], document.source[offset:])
    await asyncio.sleep(zlib.crc32(text.encode()) % MOST_DELAY_MS / 1000)
    return types.InlineCompletionList(items=[types.InlineCompletionItem(insert_text=text)])


if __name__ == "__main__":
    server.start_io()
