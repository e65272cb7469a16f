"""Ollama's own protocol: `/api/generate` for holes and plain text, `/api/chat` for conversations, a line an event."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx2

from nearline_router.errors import EndpointCut
from nearline_router.fim_table import template_for
from nearline_router.registry.profile import Profile
from nearline_router.transports.http_errors import answering
from nearline_router.transports.http_status import raise_inside
from nearline_router.transports.openai_chat import messages
from nearline_router.transports.prompts import conversation, refuse_control_texts, stops
from nearline_router.transports.wire import Wire, parsed, rest
from nearline_router.types import Chunk, Chunks, Infill, RoutingRequest, Usage
from nearline_router.warm.session import Session

# Its default of 5 minutes is shorter than a developer's pause, and loading a model takes seconds.
KEEP_ALIVE = "30m"
NS_IN_MS = 1e6


class _Message(Wire):
    content: str = ""


class _Line(Wire):
    """What is thought (`thinking`) is no content."""

    response: str = ""
    message: _Message = _Message()
    done: bool = False
    done_reason: str | None = None
    prompt_eval_count: int | None = None
    prompt_eval_cached_count: int | None = None
    prompt_eval_duration: float | None = None
    eval_count: int | None = None
    eval_duration: float | None = None
    error: Any = None

    @property
    def chunk(self) -> Chunk:
        text = self.response or self.message.content
        if not self.done:
            return Chunk(text)
        return Chunk(text, "length" if self.done_reason == "length" else "stop", self.usage)

    @property
    def usage(self) -> Usage:
        """`prompt_eval_count` is the whole prompt, `prompt_eval_duration` the time for what was not cached.

        So without the cached count of newer servers the duration belongs to no known number of tokens.
        """
        told, cached = self.prompt_eval_count, self.prompt_eval_cached_count
        return Usage(
            evaluated_tokens=None if told is None else max(0, told - (cached or 0)),
            cached_tokens=cached,
            output_tokens=self.eval_count,
            prefill_ms=None if cached is None else _ms(self.prompt_eval_duration),
            decode_ms=_ms(self.eval_duration),
        )


class Ollama:
    """One model of an Ollama server as an endpoint."""

    def __init__(self, profile: Profile, session: Session) -> None:
        self._profile = profile
        self._session = session
        self._template = template_for(profile.model or "")

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._profile.id

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream. Raises EndpointRefused for a control token inside a hole's or a plain text."""
        path, body = self._request(request)
        missing = f"the model is not there; `ollama pull {self._profile.model}` fetches it"
        async with (
            answering(self.id, self._session, path, body, missing) as response,
            aclosing(_lines(response)) as found,
        ):
            async for data in found:
                line = parsed(self.id, _Line, data)
                if line.error:
                    raise_inside(self.id, line.error)
                if line.done:
                    break
                if line.chunk.text:
                    yield line.chunk
            else:
                raise EndpointCut(f"{self.id}: the stream ended without its end mark")
            await rest(found)
            yield line.chunk

    def _request(self, request: RoutingRequest) -> tuple[str, dict[str, Any]]:
        options: dict[str, Any] = {"num_predict": request.max_output_tokens, "temperature": 0}
        if self._profile.context_tokens:
            options["num_ctx"] = self._profile.context_tokens
        # Without `truncate: false` a prompt that is too long loses its beginning, and nobody is told.
        body: dict[str, Any] = {"model": self._profile.model, "keep_alive": KEEP_ALIVE, "truncate": False}
        prompt = request.prompt
        if isinstance(prompt, Infill):
            options["stop"] = stops(self._template, prompt)
            return "/api/generate", body | self._hole(prompt) | {"options": options}
        if isinstance(prompt, str) and not self._profile.chats:
            refuse_control_texts(self.id, self._template, [prompt])
            return "/api/generate", body | {"prompt": prompt, "raw": True, "options": options}
        return "/api/chat", body | {"messages": messages(conversation(self.id, prompt)), "options": options}

    def _hole(self, infill: Infill) -> dict[str, Any]:
        """Ollama writes the control tokens itself, by the model's own template; without a suffix it would chat."""
        before = infill.prefix + infill.middle
        refuse_control_texts(self.id, self._template, [before, infill.suffix])
        return {"prompt": before, "suffix": infill.suffix or "\n"}


async def _lines(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    """Lines end at a line feed and nowhere else: JSON text may hold every other character that ends a line."""
    held = b""
    async for data in response.aiter_bytes():
        *lines, held = (held + data).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
    if held.strip():
        yield held


def _ms(nanoseconds: float | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / NS_IN_MS
