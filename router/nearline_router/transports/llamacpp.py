"""llama.cpp's own protocol: `/completion` with token arrays, streamed, so that a cancel reaches the model.

Prompts go out as token arrays: in a prompt sent as text, llama.cpp reads special tokens inside the user's
code as special tokens. Every stream ends its connection (llama.cpp promises keep-alive and does not keep it),
so the `/tokenize` call that precedes each one doubles as the opening of the stream's connection.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import httpx2

from nearline_router.errors import EndpointCut, EndpointMalformed, EndpointRefused, EndpointUnavailable
from nearline_router.fim import FimTemplate, Rendered, first_output_grammar, render, template_for
from nearline_router.transports.http_errors import mapped_errors, raise_for_status
from nearline_router.transports.llamacpp_events import Unforced, event_lines, read_event
from nearline_router.transports.llamacpp_tokens import Tokenizer
from nearline_router.transports.openai_chat import messages
from nearline_router.transports.openai_stream import openai_chunks
from nearline_router.transports.prompts import conversation
from nearline_router.types import Chat, Chunks, Infill, Prompt, RoutingRequest
from nearline_router.warm.session import Session

# A local model that has not said anything for this long is not going to; deadlines are kept by the caller.
TIMEOUT = httpx2.Timeout(60.0, connect=2.0)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What a llama.cpp server says of itself: `context_tokens` is the window of one slot.

    `template` is None for a model that cannot fill in the middle; `chats` says that it has a chat template.
    """

    name: str
    context_tokens: int
    template: FimTemplate | None
    chats: bool = False


class LlamaCpp:
    """One llama.cpp server as an endpoint."""

    def __init__(self, endpoint_id: str, base_url: str, api_key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # trust_env off: a proxy from the environment must not see what goes to a local model.
        self._client = httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=TIMEOUT, trust_env=False)
        self._id = endpoint_id
        self._chat_session = Session(endpoint_id, base_url, headers, local=True)
        self._tokens = Tokenizer(self._post)
        self._served: ServedModel | None = None

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._id

    async def aclose(self) -> None:
        """Close every connection."""
        await self._chat_session.aclose()
        await self._client.aclose()

    async def served(self) -> ServedModel:
        """What the server serves, asked once. Raises EndpointError."""
        if self._served is None:
            async with mapped_errors(self._id):
                response = await self._client.get("/props")
            self._served = _read_props(self._id, self._read_json(response))
        return self._served

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream."""
        chats = isinstance(request.prompt, Chat) or (isinstance(request.prompt, str) and (await self.served()).chats)
        chunks = self._chat(conversation(self._id, request.prompt), request) if chats else self._repeated(request)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk

    async def _repeated(self, request: RoutingRequest) -> Chunks:
        """A completion. One that dies before its first byte is asked for once more, at once."""
        started = False
        try:
            async with aclosing(self._completion(request)) as chunks:
                async for chunk in chunks:
                    started = True
                    yield chunk
        except EndpointUnavailable:
            if started:
                raise
        else:
            return
        async with aclosing(self._completion(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    def _chat(self, chat: Chat, request: RoutingRequest) -> Chunks:
        """The server knows its model's chat template, and speaks OpenAI's protocol for it."""
        most = 1 if request.warm_up else request.max_output_tokens
        body = {"messages": messages(chat), "max_tokens": most, "temperature": 0, "cache_prompt": True}
        return openai_chunks(self._id, self._chat_session, "/v1/chat/completions", body)

    async def _completion(self, request: RoutingRequest) -> Chunks:
        body, forced = await self._body(request)
        unforced = Unforced(forced)
        # Closed by hand: what is left to the garbage collector ends after the next request went in.
        async with aclosing(self._events(body)) as events:
            async for event in events:
                yield unforced.chunk(event)

    async def _body(self, request: RoutingRequest) -> tuple[dict[str, Any], str]:
        served = await self.served()
        prompt = request.prompt
        rendered, tokens = await self._encoded(prompt, served)
        too_long = len(tokens) + request.max_output_tokens > served.context_tokens
        if too_long and isinstance(prompt, Infill) and prompt.context:
            rendered, tokens = await self._encoded(prompt.alone, served)
        body: dict[str, Any] = {
            "prompt": tokens,
            "n_predict": 0 if request.warm_up else request.max_output_tokens,
            "temperature": 0,
            "stream": True,
            "cache_prompt": True,
            "timings_per_token": True,
        }
        if isinstance(prompt, Infill) and not prompt.multiline:
            body["stop"] = ["\n"]
        if rendered.forced and not request.warm_up:
            body["grammar"] = first_output_grammar(rendered.forced)
        return body, rendered.forced

    async def _encoded(self, prompt: Prompt, served: ServedModel) -> tuple[Rendered, list[int]]:
        rendered = self._render(prompt, served.template)
        return rendered, await self._tokens.encode(rendered.segments)

    def _render(self, prompt: Prompt, template: FimTemplate | None) -> Rendered:
        if isinstance(prompt, str):
            return Rendered((prompt,), "")
        assert isinstance(prompt, Infill)  # noqa: S101 (conversations go another way)
        if template is None:
            raise EndpointRefused(
                f"{self._id}: the model it serves cannot fill in the middle; use one that can, such as Qwen2.5-Coder"
            )
        return render(template, prompt)

    async def _events(self, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        async with mapped_errors(self._id), self._client.stream("POST", "/completion", json=body) as response:
            if response.status_code != 200:
                text = (await response.aread()).decode(errors="replace")
                raise_for_status(self._id, response.status_code, text, response.headers)
            async with aclosing(event_lines(response)) as lines:
                async for line in lines:
                    if event := read_event(self._id, line):
                        yield event
                        if event.get("stop"):
                            return
        raise EndpointCut(f"{self._id}: the stream ended without its last event")

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        async with mapped_errors(self._id):
            response = await self._client.post(path, json=body)
        return self._read_json(response)

    def _read_json(self, response: httpx2.Response) -> Any:
        raise_for_status(self._id, response.status_code, response.text, response.headers)
        try:
            return response.json()
        except ValueError as error:
            raise EndpointMalformed(f"{self._id}: the answer is not JSON") from error


def _read_props(endpoint_id: str, props: Any) -> ServedModel:
    try:
        name = str(props.get("model_alias") or props["model_path"])
        context_tokens = int(props["default_generation_settings"]["n_ctx"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EndpointMalformed(f"{endpoint_id}: /props is not llama.cpp's") from error
    template = template_for(name) or template_for(str(props.get("model_path", "")))
    return ServedModel(PurePath(name).name, context_tokens, template, bool(props.get("chat_template")))
