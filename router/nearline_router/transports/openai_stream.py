"""OpenAI's streamed answers, of chats and completions alike, from whoever speaks its protocol."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any, Literal

from httpx2 import ServerSentEvent

from nearline_router.errors import EndpointCut, EndpointMalformed, EndpointRefused
from nearline_router.transports.http_errors import answering
from nearline_router.transports.http_status import raise_inside
from nearline_router.transports.sse import DONE, events
from nearline_router.transports.wire import Wire, parsed, rest
from nearline_router.types import Chunk, Chunks, Usage
from nearline_router.warm.session import Session


class _PromptDetails(Wire):
    cached_tokens: int | None = None


class _Tokens(Wire):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None

    @property
    def usage(self) -> Usage:
        """`prompt_tokens` counts cached ones too."""
        cached = self.prompt_tokens_details.cached_tokens if self.prompt_tokens_details else None
        evaluated = None if self.prompt_tokens is None else max(0, self.prompt_tokens - (cached or 0))
        return Usage(evaluated_tokens=evaluated, cached_tokens=cached, output_tokens=self.completion_tokens)


class _Delta(Wire):
    """What is thought (`reasoning`, `reasoning_content`) is no content, and neither is a role."""

    content: str | None = None
    refusal: str | None = None


class _Choice(Wire):
    """A chat's choice has a `delta`, a completion's a `text`."""

    index: int = 0
    delta: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None

    @property
    def piece(self) -> str:
        return self.text or (self.delta and self.delta.content) or ""


class _Event(Wire):
    choices: tuple[_Choice, ...] | None = None
    usage: _Tokens | None = None
    error: Any = None

    @property
    def choice(self) -> _Choice:
        """The one answer that was asked for."""
        return next((choice for choice in self.choices or () if choice.index == 0), _Choice())


async def openai_chunks(endpoint_id: str, session: Session, path: str, body: Mapping[str, Any]) -> Chunks:
    """The answer to a request in OpenAI's protocol, with its usage where the server tells it. Raises EndpointError.

    The end is a `finish_reason` or [DONE], whichever comes first; some servers send only one of them, and usage
    may come before, with or after either.
    """
    async with (
        answering(endpoint_id, session, path, {**body, **STREAMED}) as response,
        aclosing(events(endpoint_id, response)) as found,
    ):
        usage, finish = None, None
        async for event in found:
            if event.data == DONE:
                break
            one = _read(endpoint_id, event)
            usage = one.usage.usage if one.usage else usage
            if one.choice.piece:
                yield Chunk(one.choice.piece)
            if finish := _finish(endpoint_id, one.choice):
                break
        else:
            raise EndpointCut(f"{endpoint_id}: the stream ended without its end mark")
        yield Chunk("", finish or "stop", _last_usage(endpoint_id, await _after(found)) or usage)


STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


async def _after(found: AsyncGenerator[ServerSentEvent, None]) -> list[ServerSentEvent]:
    return [event for event in await rest(found) if event.data != DONE]


def _last_usage(endpoint_id: str, tail: Sequence[ServerSentEvent]) -> Usage | None:
    usage = None
    for event in tail:
        with suppress(EndpointMalformed):
            told = parsed(endpoint_id, _Event, event.data).usage
            usage = told.usage if told else usage
    return usage


def _read(endpoint_id: str, event: ServerSentEvent) -> _Event:
    one = parsed(endpoint_id, _Event, event.data)
    if one.error or event.event == "error" or one.choice.finish_reason == "error":
        raise_inside(endpoint_id, one.error)
    return one


def _finish(endpoint_id: str, choice: _Choice) -> Literal["stop", "length"] | None:
    """Raises EndpointRefused where a filter or the model itself declines."""
    if choice.finish_reason == "content_filter":
        raise EndpointRefused(f"{endpoint_id}: its content filter stopped the answer")
    if choice.delta and choice.delta.refusal:
        raise EndpointRefused(f"{endpoint_id}: the model declined to answer")
    if choice.finish_reason is None:
        return None
    return "length" if choice.finish_reason == "length" else "stop"
