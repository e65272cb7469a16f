"""From an action to the request for it: a prompt that fits who will answer, and where its text may go."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nearline_router.errors import NoEndpoint
from nearline_router.policy.decision import Decision
from nearline_router.router import Router
from nearline_router.types import Chat, Message, Priority, RoutingRequest
from nearline_server.actions.prompt.compose import prompt_for
from nearline_server.actions.span_text import text_in
from nearline_server.actions.values import Action, Context, Subject, Turn
from nearline_server.staying import stays

# Where nobody said how long a context is: what local servers are commonly started with, and what is little for any
# frontier model and much for a question about one function.
LOCAL_CONTEXT_TOKENS = 8_192
CLOUD_CONTEXT_TOKENS = 32_000
# The count is an estimate, and the endpoint adds its template.
MARGIN = 0.1
HEADER = re.compile(r"^(?:---|\+\+\+|rename from|rename to) ([^\t\r\n]+)", re.MULTILINE)
PREFIX = re.compile(r"^[abciow]/")


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that a prompt is made of, and the endpoint that the user wants, if any."""

    action: Action
    subject: Subject | None
    context: Context
    instruction: str
    history: Sequence[Turn]
    pin: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready to go. `stays`: why its text may go to local endpoints only, "" if it may go anywhere."""

    request: RoutingRequest
    stays: str


async def prepared(router: Router, ask: Ask) -> Prepared:
    """The request for an action. Raises NoEndpoint when nobody may answer it, or nobody can take so much text."""
    await router.limits_known()
    bare = _bare(router, ask)
    decision = router.decide(bare)
    request = await _fitting(router, ask, bare, decision)
    if not (final := _still(router, request, decision)):
        # What came with the subject holds it at home, where a prompt may have to be shorter.
        at_home = router.decide(replace(bare, requires_data_sovereignty=True))
        request = await _fitting(router, ask, bare, at_home)
        final = router.decide(request)
    return Prepared(request, final.stays or ("Nearline is offline" if router.config.offline else ""))


def place_request(path: str | None, language: str | None, workspace: str | None) -> RoutingRequest:
    """A request that says where a text comes from and nothing else, to ask whether that may leave."""
    return RoutingRequest(Chat("", ()), 1, task="ask", path=path, language=language, workspace=workspace)


def diff_paths(diff: str) -> set[str]:
    """The files that a unified diff has text of, each with and without git's prefix, and perhaps more than those.

    A removed line can look like a header, and nothing tells a prefix from a folder of that name.
    """
    names = {_unquoted(name.strip()) for name in HEADER.findall(diff)}
    return names | {PREFIX.sub("", name) for name in names}


def _unquoted(name: str) -> str:
    """A name as git quotes it: with escapes as in C, the UTF-8 bytes of what is not ASCII in octal, or as they are.

    What is none, such as a removed comment that looks like a header, stays as it is.
    """
    if not name.startswith('"'):
        return name
    try:
        text = name.removeprefix('"').removesuffix('"').encode().decode("unicode_escape")
        return text.encode("latin-1").decode(errors="replace")
    except ValueError:
        return name


def _bare(router: Router, ask: Ask) -> RoutingRequest:
    """The request with no more text than it must have."""
    subject, action = ask.subject, ask.action
    # A diff may be cut, what else is asked about may not.
    text = text_in(subject.text, subject.span) if subject and action.id != "commit-message" else ""
    return RoutingRequest(
        Chat("", (Message("user", f"{text}\n{ask.instruction}"),)),
        action.max_output_tokens,
        requires_data_sovereignty=subject is not None and _diff_stays(router, subject),
        complexity=action.complexity,
        task=action.task,
        priority=Priority.ACTION,
        path=(subject.file or subject.path or None) if subject else None,
        language=subject.language if subject else None,
        workspace=subject.workspace if subject else None,
        document=(subject.uri or None) if subject else None,
        pin=ask.pin,
    )


def _diff_stays(router: Router, subject: Subject) -> bool:
    if subject.language != "diff":
        return False
    requests = (place_request(path, None, subject.workspace) for path in diff_paths(subject.text))
    return any(stays(router, request) for request in requests)


async def _fitting(router: Router, ask: Ask, bare: RoutingRequest, decision: Decision) -> RoutingRequest:
    """The request with as much as the first endpoint takes that takes it at all. Raises NoEndpoint if none does."""
    trouble = ""
    for name in (decision.endpoint, *decision.fallbacks):
        try:
            return replace(bare, prompt=await _prompt(router, ask, name))
        except ValueError as error:
            trouble = trouble or str(error)
    raise NoEndpoint(trouble)


async def _prompt(router: Router, ask: Ask, endpoint: str) -> Chat:
    ratio = router.upstreams[endpoint].ratio

    def tokens_of(text: str) -> int:
        return ratio.count(len(text)).tokens

    budget_tokens = int(_context_tokens(router, endpoint) * (1 - MARGIN)) - ask.action.max_output_tokens
    # In a thread: it goes through whole documents.
    return await asyncio.to_thread(
        prompt_for, ask.action, ask.subject, ask.context, ask.instruction, ask.history, budget_tokens, tokens_of
    )


def _context_tokens(router: Router, endpoint: str) -> int:
    profile = router.upstreams[endpoint].profile
    if profile.context_tokens is not None:
        return profile.context_tokens
    if profile.protocol == "llamacpp" and profile.host is None:
        return router.config.engine.context_tokens
    return LOCAL_CONTEXT_TOKENS if profile.local else CLOUD_CONTEXT_TOKENS


def _still(router: Router, request: RoutingRequest, before: Decision) -> Decision | None:
    """The decision on the whole request, if it goes where the prompt was made for."""
    try:
        decision = router.decide(request)
    except NoEndpoint:
        return None
    return decision if decision.endpoint in (before.endpoint, *before.fallbacks) else None
