"""Anthropic's `/v1/messages`, streamed, with the stable beginning of a conversation kept in its prompt cache."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any, Literal

from httpx2 import ServerSentEvent

from nearline_router.errors import EndpointCut, EndpointRefused
from nearline_router.registry.profile import Profile
from nearline_router.transports.http_errors import answering
from nearline_router.transports.http_status import raise_inside
from nearline_router.transports.prompts import conversation
from nearline_router.transports.sse import events
from nearline_router.transports.wire import Wire, parsed, rest
from nearline_router.types import Chat, Chunk, Chunks, Message, RoutingRequest, Usage
from nearline_router.warm.session import Session

VERSION = "2023-06-01"
# Cache breakpoints a request may hold (Anthropic's documentation, "Prompt caching").
MAX_BREAKPOINTS = 4
BREAKPOINT = {"cache_control": {"type": "ephemeral"}}


class _Tokens(Wire):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None


class _Message(Wire):
    usage: _Tokens | None = None


class _Delta(Wire):
    """What is thought (`thinking_delta`) is no content."""

    type: str = ""
    text: str = ""
    stop_reason: str | None = None


class _Event(Wire):
    type: str = ""
    message: _Message | None = None
    delta: _Delta | None = None
    usage: _Tokens | None = None
    error: Any = None

    @property
    def piece(self) -> str:
        return self.delta.text if self.delta and self.delta.type == "text_delta" else ""


class Anthropic:
    """One endpoint for conversations."""

    def __init__(self, profile: Profile, session: Session) -> None:
        self._profile = profile
        self._session = session

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._profile.id

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream. An empty chunk tells what was read of the prompt, so that a cut answer is counted too.

        Raises EndpointRefused for an Infill.
        """
        body = _body(conversation(self.id, request.prompt), self._profile.model, request.max_output_tokens)
        async with (
            answering(self.id, self._session, "/v1/messages", body) as response,
            aclosing(events(self.id, response)) as found,
        ):
            counts: dict[str, int] = {}
            finish: Literal["stop", "length"] = "stop"
            async for event in found:
                one = _read(self.id, event)
                counts |= _counts(one)
                if one.piece or one.type == "message_start":
                    yield Chunk(one.piece, usage=_usage(counts))
                finish = _finish(self.id, one) or finish
                if one.type == "message_stop":
                    break
            else:
                raise EndpointCut(f"{self.id}: the stream ended without its end mark")
            await rest(found)
            yield Chunk("", finish, _usage(counts))


def _body(chat: Chat, model: str | None, max_output_tokens: int) -> dict[str, Any]:
    """No temperature: models from Opus 4.7 on refuse it (Anthropic's migration guide)."""
    body: dict[str, Any] = {"max_tokens": max_output_tokens, "stream": True} | ({"model": model} if model else {})
    if chat.system:
        body["system"] = [{"type": "text", "text": chat.system, **BREAKPOINT}]
    stable = [number for number, message in enumerate(chat.messages) if message.stable and message.text]
    # The last ones cover the longest beginnings.
    marked = stable[-(MAX_BREAKPOINTS - bool(chat.system)) :]
    messages = [_message(message, number in marked) for number, message in enumerate(chat.messages)]
    return body | {"messages": messages}


def _message(message: Message, marked: bool) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": message.text}
    return {"role": message.role, "content": [block | BREAKPOINT if marked else block]}


def _read(endpoint_id: str, event: ServerSentEvent) -> _Event:
    one = parsed(endpoint_id, _Event, event.data)
    if one.error or one.type == "error":
        raise_inside(endpoint_id, one.error)
    return one


def _counts(event: _Event) -> dict[str, int]:
    """The counts an event brings, each one the whole so far; the output is only guessed in `message_start`."""
    started = event.message.usage if event.message else None
    found = started.model_dump(exclude_none=True, exclude={"output_tokens"}) if started else {}
    return found | (event.usage.model_dump(exclude_none=True) if event.usage else {})


def _usage(counts: dict[str, int]) -> Usage:
    """What is written to the cache is evaluated; `input_tokens` counts only what is neither read nor written there."""
    evaluated = counts.get("input_tokens")
    if evaluated is not None:
        evaluated += counts.get("cache_creation_input_tokens", 0)
    return Usage(
        evaluated_tokens=evaluated,
        cached_tokens=counts.get("cache_read_input_tokens"),
        output_tokens=counts.get("output_tokens"),
        cache_written_tokens=counts.get("cache_creation_input_tokens"),
    )


def _finish(endpoint_id: str, event: _Event) -> Literal["stop", "length"] | None:
    reason = event.delta.stop_reason if event.delta else None
    if reason == "refusal":
        raise EndpointRefused(f"{endpoint_id}: the model declined to answer")
    if reason is None:
        return None
    return "length" if reason in ("max_tokens", "model_context_window_exceeded") else "stop"
