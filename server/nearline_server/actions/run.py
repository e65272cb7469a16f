"""Asks a model for an action and makes of its answer what the action is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nearline_router.residency.redaction import MARK
from nearline_router.router import Router
from nearline_server.actions.answer import extracted
from nearline_server.actions.answer.message import message_of
from nearline_server.actions.edits import edits_for, inside
from nearline_server.actions.new_file import new_file_path
from nearline_server.actions.run_request import Ask, Prepared, prepared
from nearline_server.actions.run_stream import Heard, heard
from nearline_server.actions.span_text import text_in
from nearline_server.actions.values import Action, Context, Edit, Result, Subject, Turn

CUT = "The answer was longer than its limit and is not whole, so nothing of it is applied."
CUT_TEXT = "The answer was longer than its limit and is not whole."
NO_CODE = "The answer has no code that could be applied."
NO_END = "The answer's code has no end, so nothing of it is applied."
NO_CHANGE = "The answer changes nothing."
REDACTED = "A secret was kept from the model, which put a mark in its place, so nothing of the answer is applied."


async def run(
    router: Router,
    action: Action,
    subject: Subject | None,
    context: Context,
    instruction: str,
    history: Sequence[Turn],
    on_text: Callable[[str], None],
    pin: str | None = None,
) -> Result:
    """Ask, give `on_text` each piece as it comes, and return what became of it.

    Raises RouterError: NoEndpoint when nobody may answer, or nobody can take so much text; EndpointError when who
    was asked failed, before the first text or in the middle. Cancelling it ends the work at the endpoint.
    """
    ready = await prepared(router, Ask(action, subject, context, instruction, history, pin))
    answer = await heard(router, ready.request, on_text)
    edits, new_file, trouble = _made(action, subject, answer)
    return Result(
        message_of(answer.text) if action.id == "commit-message" else answer.text,
        answer.endpoint,
        _model(router, answer.endpoint),
        edits=edits,
        new_file=new_file,
        note=" ".join(note for note in (trouble, answer.trouble, _stayed(action, ready)) if note),
        cut=answer.cut,
        stayed=ready.stays,
        input_tokens=answer.input_tokens,
        cached_tokens=answer.cached_tokens,
        output_tokens=answer.output_tokens,
        ttft_ms=answer.ttft_ms,
        total_ms=answer.total_ms,
    )


Made = tuple[tuple[Edit, ...] | None, tuple[str, str] | None, str]


def _made(action: Action, subject: Subject | None, answer: Heard) -> Made:
    """Edits, or a new file, or neither; and why there is neither where there should be."""
    if action.output == "text" or subject is None:
        return None, None, CUT_TEXT if answer.cut else ""
    if answer.cut:
        return None, None, CUT
    if action.output == "edit":
        return _edits(subject, answer.text)
    found = extracted(answer.text, "")
    if not found.code or not found.whole:
        return None, None, NO_CODE if found.whole else NO_END
    return None, (new_file_path(subject), found.code), ""


def _edits(subject: Subject, answer: str) -> Made:
    found = extracted(answer, text_in(subject.text, subject.span))
    if found.code is None or not found.whole:
        return None, None, NO_CODE if found.whole else NO_END
    if MARK in found.code and MARK not in subject.text:
        return None, None, REDACTED
    edits = edits_for(subject.text, subject.span, found.code)
    # Made to be so; looked at once more, because an editor writes wherever it is told.
    if not inside(edits, subject.span):
        return None, None, "The answer reaches beyond what it was asked about, so nothing of it is applied."
    return edits, None, "" if edits else NO_CHANGE


def _model(router: Router, endpoint: str) -> str:
    upstream = router.upstreams.get(endpoint)
    return (upstream.profile.model if upstream else None) or endpoint


def _stayed(action: Action, ready: Prepared) -> str:
    return f"A local model did this: {ready.stays}." if ready.stays and action.complexity == "complex" else ""
