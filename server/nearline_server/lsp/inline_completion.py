"""`textDocument/inlineCompletion`, the de-facto notifications around it, and the accept command."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from nearline_server.acceptance.edits import one_line_end
from nearline_server.acceptance.offer import Offer
from nearline_server.completion.place import Place
from nearline_server.completion.stages import Times
from nearline_server.documents.positions import column_of
from nearline_server.lsp.server import NearlineServer, to_position

if TYPE_CHECKING:  # the router is loaded after `initialize`
    from nearline_router.ledger.records import Suggestion
    from nearline_server.completion.completer import Answer
    from nearline_server.lsp.session import Session

ACCEPT = "nearline.accept"
EMPTY = types.InlineCompletionList(items=[])


def register(server: NearlineServer) -> None:
    """Add the feature, the notifications that other servers' clients send, and the accept command."""

    # pygls advertises inline completion only when options are given.
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        times, session = Times(server.protocol.arrived_s, _edited_s(server, params)), server.session
        asked = _asked(server, params)
        if asked is None or session is None:
            return EMPTY
        answer = await session.completer.complete(
            asked.place,
            invoked=asked.invoked,
            last_change=server.documents[asked.place.uri].last_change,
            arrived_s=times.arrived_s,
        )
        times.answered_s = time.perf_counter()
        session.answered(answer)
        in_time = answer.in_time(session.completer.budget_ms(asked.invoked))
        server.acceptance.answered(answer.found, in_time)
        reply = _to_list(server, session, asked, answer)
        times.replied_s = time.perf_counter()
        _when_sent(partial(session.sent, answer, times, in_time=in_time))
        return reply

    @server.feature("textDocument/didShowCompletion")
    def did_show(params: Any) -> None:
        server.acceptance.was_shown(_number(params))

    @server.feature("textDocument/didPartiallyAcceptCompletion")
    def did_partially_accept(params: Any) -> None:
        length = getattr(params, "acceptedLength", None)
        if isinstance(length, int):
            server.acceptance.was_partially_accepted(_number(params), length)

    @server.feature("textDocument/didFocus")
    def did_focus(params: Any) -> None:
        position = getattr(params, "position", None)
        if position is not None:
            place = server.place(params.textDocument.uri, types.Position(position.line, position.character))
            if place is not None and server.session:
                server.session.completer.focused(place)

    @server.command(ACCEPT)
    def accept(number: int) -> None:
        server.acceptance.was_accepted(number)


def _edited_s(server: NearlineServer, params: types.InlineCompletionParams) -> float | None:
    """When the edit came in that this request is about; None for one by hand, and for another one about the same."""
    uri, edited_s = server.protocol.edited
    if uri != params.text_document.uri:
        return None
    server.protocol.edited = "", 0.0
    automatic = params.context.trigger_kind == types.InlineCompletionTriggerKind.Automatic
    return edited_s if automatic else None


def _when_sent(then: Callable[[], None]) -> None:
    """Call it when the reply to the request at hand is written: pygls has been waiting for this task for longer."""
    task = asyncio.current_task()
    if task:
        task.add_done_callback(lambda _: then())


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in plain values: the place to complete, the range the item replaces, and the text it begins with."""

    place: Place
    range: types.Range
    begins_with: str
    invoked: bool


def _asked(server: NearlineServer, params: types.InlineCompletionParams) -> Asked | None:
    """None when the document is not open, or the entry chosen in the suggest widget replaces what was typed."""
    place = server.place(params.text_document.uri, params.position)
    if place is None:
        return None
    line = server.documents[place.uri].buffer.line(place.line)
    selected = params.context.selected_completion_info
    invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    if selected is None:
        cursor = to_position(line, place.line, place.column, server.encoding)
        return Asked(place, types.Range(cursor, cursor), "", invoked)
    typed = line[column_of(line, selected.range.start.character, server.encoding) : place.column]
    if selected.range.start.line != place.line or not selected.text.startswith(typed):
        return None
    return Asked(place.with_typed(selected.text[len(typed) :]), selected.range, selected.text, invoked)


def _to_list(server: NearlineServer, session: Session, asked: Asked, answer: Answer) -> types.InlineCompletionList:
    document = server.documents.get(asked.place.uri)
    if not answer.text or document is None or document.version != asked.place.version:
        return EMPTY
    text = asked.begins_with + answer.text
    place = asked.place.line, asked.place.column - len(asked.begins_with)
    offer = Offer(place, one_line_end(text), len(asked.begins_with), answer.begun_chars)
    number = server.acceptance.offer(document, offer, _row(session, asked, answer))
    command = types.Command("Accepted", ACCEPT, arguments=[number])
    return types.InlineCompletionList([types.InlineCompletionItem(text, range=asked.range, command=command)])


def _row(session: Session, asked: Asked, answer: Answer) -> Suggestion:
    """What the ledger is told of the suggestion when it is shown."""
    from nearline_router.ledger.records import Suggestion

    workspace = asked.place.workspace(session.completer.folders)
    return Suggestion(
        id=answer.request,
        request=answer.request,
        shown_us=0,
        language=asked.place.language,
        repository=Path(workspace).name if workspace else "",
        chars=len(answer.text),
        found=answer.found,
        latency_us=round(answer.total_ms * 1000),
        budget_us=round(session.completer.budget_ms(asked.invoked) * 1000),
    )


def _number(params: Any) -> int | None:
    """The number of the offer that a notification is about; None if it does not say."""
    item = getattr(params, "item", None)
    arguments = getattr(getattr(item, "command", None), "arguments", None)
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    return first if isinstance(first, int) else None
