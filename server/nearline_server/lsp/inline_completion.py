"""`textDocument/inlineCompletion`, the de-facto notifications around it, and the accept command."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from nearline_server.completion.place import Place
from nearline_server.documents.positions import column_of
from nearline_server.lsp.server import NearlineServer, to_position

if TYPE_CHECKING:
    from nearline_server.completion.completer import Answer

ACCEPT = "nearline.accept"
EMPTY = types.InlineCompletionList(items=[])


def register(server: NearlineServer) -> None:
    """Add the feature, the notifications that other servers' clients send, and the accept command."""

    # pygls advertises inline completion only when options are given.
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        arrived_s = time.perf_counter()
        asked = _asked(server, params)
        if asked is None or server.session is None:
            return EMPTY
        answer = await server.session.completer.complete(
            asked.place,
            invoked=params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked,
            last_change=server.documents[asked.place.uri].last_change,
            arrived_s=arrived_s,
        )
        server.session.answered(answer)
        return _to_list(server, asked, answer)

    @server.feature("textDocument/didShowCompletion")
    def did_show(_: Any) -> None:
        server.acceptance.was_shown()

    @server.feature("textDocument/didPartiallyAcceptCompletion")
    def did_partially_accept(_: Any) -> None:
        server.acceptance.was_partially_accepted()

    @server.feature("textDocument/didFocus")
    def did_focus(params: Any) -> None:
        position = getattr(params, "position", None)
        if position is not None:
            place = server.place(params.textDocument.uri, types.Position(position.line, position.character))
            if place is not None and server.session:
                server.session.completer.focused(place)

    @server.command(ACCEPT)
    def accept(number: int, chars: int) -> None:
        server.acceptance.was_accepted(number, chars)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in plain values: the place to complete, the range the item replaces, and the text it begins with."""

    place: Place
    range: types.Range
    begins_with: str


def _asked(server: NearlineServer, params: types.InlineCompletionParams) -> Asked | None:
    """None when the document is not open, or the entry chosen in the suggest widget replaces what was typed."""
    place = server.place(params.text_document.uri, params.position)
    if place is None:
        return None
    line = server.documents[place.uri].buffer.line(place.line)
    selected = params.context.selected_completion_info
    if selected is None:
        cursor = to_position(line, place.line, place.column, server.encoding)
        return Asked(place, types.Range(cursor, cursor), "")
    typed = line[column_of(line, selected.range.start.character, server.encoding) : place.column]
    if selected.range.start.line != place.line or not selected.text.startswith(typed):
        return None
    return Asked(place.with_typed(selected.text[len(typed) :]), selected.range, selected.text)


def _to_list(server: NearlineServer, asked: Asked, answer: Answer) -> types.InlineCompletionList:
    document = server.documents.get(asked.place.uri)
    if not answer.text or document is None or document.version != asked.place.version:
        return EMPTY
    number = server.acceptance.offer(asked.place.uri, asked.place.line, asked.place.column, answer.text)
    command = types.Command("Accepted", ACCEPT, arguments=[number, len(answer.text)])
    text = asked.begins_with + answer.text
    return types.InlineCompletionList([types.InlineCompletionItem(text, range=asked.range, command=command)])
