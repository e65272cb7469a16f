"""llama.cpp's own protocol: `/completion` with token arrays, streamed, so that a cancel reaches the model.

Prompts go out as token arrays: in a prompt sent as text, llama.cpp reads special tokens inside the user's
code as special tokens. Every stream ends its connection (llama.cpp promises keep-alive and does not keep it),
so the `/tokenize` call that precedes each one doubles as the opening of the stream's connection.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import httpx2

from nearline_router.errors import EndpointMalformed, EndpointRefused, EndpointUnavailable
from nearline_router.fim import FimTemplate, Rendered, first_output_grammar, render, template_for
from nearline_router.transports.http_errors import mapped_errors, raise_for_status
from nearline_router.transports.llamacpp_tokens import Tokenizer
from nearline_router.types import Chunk, Chunks, Infill, RoutingRequest, Usage

# A local model that has not said anything for this long is not going to; deadlines are kept by the caller.
TIMEOUT = httpx2.Timeout(60.0, connect=2.0)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What a llama.cpp server says of itself: `context_tokens` is the window of one slot."""

    name: str
    context_tokens: int
    template: FimTemplate | None


class LlamaCpp:
    """One llama.cpp server as an endpoint."""

    def __init__(self, endpoint_id: str, base_url: str, api_key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # trust_env off: a proxy from the environment must not see what goes to a local model.
        self._client = httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=TIMEOUT, trust_env=False)
        self._id = endpoint_id
        self._tokens = Tokenizer(self._post)
        self._served: ServedModel | None = None

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._id

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def served(self) -> ServedModel:
        """What the server serves, asked once. Raises EndpointError."""
        if self._served is None:
            async with mapped_errors(self._id):
                response = await self._client.get("/props")
            self._served = _read_props(self._id, self._read_json(response))
        return self._served

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream. A request that dies before its first byte is repeated once, at once."""
        started = False
        try:
            async with aclosing(self._answer(request)) as chunks:
                async for chunk in chunks:
                    started = True
                    yield chunk
        except EndpointUnavailable:
            if started:
                raise
        else:
            return
        async with aclosing(self._answer(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _answer(self, request: RoutingRequest) -> Chunks:
        body, forced = await self._body(request)
        unforced = Unforced(forced)
        # Closed by hand: what is left to the garbage collector ends after the next request went in.
        async with aclosing(self._events(body)) as events:
            async for event in events:
                yield unforced.chunk(event)

    async def _body(self, request: RoutingRequest) -> tuple[dict[str, Any], str]:
        served = await self.served()
        rendered = self._render(request, served.template)
        body: dict[str, Any] = {
            "prompt": await self._tokens.encode(rendered.segments),
            "n_predict": 0 if request.warm_up else request.max_output_tokens,
            "temperature": 0,
            "stream": True,
            "cache_prompt": True,
            "timings_per_token": True,
        }
        single_line = isinstance(request.prompt, Infill) and not request.prompt.multiline
        if single_line:
            body["stop"] = ["\n"]
        if rendered.forced and not request.warm_up:
            body["grammar"] = first_output_grammar(rendered.forced)
        return body, rendered.forced

    def _render(self, request: RoutingRequest, template: FimTemplate | None) -> Rendered:
        if isinstance(request.prompt, str):
            return Rendered((request.prompt,), "")
        if template is None:
            raise EndpointRefused(
                f"{self._id}: the model it serves cannot fill in the middle; use one that can, such as Qwen2.5-Coder"
            )
        return render(template, request.prompt)

    async def _events(self, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        async with mapped_errors(self._id), self._client.stream("POST", "/completion", json=body) as response:
            if response.status_code != 200:
                text = (await response.aread()).decode(errors="replace")
                raise_for_status(self._id, response.status_code, text, response.headers)
            async for line in response.aiter_lines():
                if event := _read_event(self._id, line):
                    yield event
                    if event.get("stop"):
                        return
        raise EndpointMalformed(f"{self._id}: the stream ended without its last event")

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


class Unforced:
    """Takes the text that token healing forced off the front of the answer."""

    def __init__(self, forced: str) -> None:
        self._forced = forced

    def chunk(self, event: dict[str, Any]) -> Chunk:
        """One llama.cpp event as a chunk, without what was forced."""
        text = event.get("content", "")
        overlap = min(len(text), len(self._forced))
        text, self._forced = text[overlap:], self._forced[overlap:]
        finish = None
        if event.get("stop"):
            finish = "length" if event.get("stop_type") == "limit" else "stop"
        return Chunk(text, finish, _read_usage(event.get("timings")))  # type: ignore[arg-type]


def _read_props(endpoint_id: str, props: Any) -> ServedModel:
    try:
        name = str(props.get("model_alias") or props["model_path"])
        context_tokens = int(props["default_generation_settings"]["n_ctx"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EndpointMalformed(f"{endpoint_id}: /props is not llama.cpp's") from error
    template = template_for(name) or template_for(str(props.get("model_path", "")))
    return ServedModel(PurePath(name).name, context_tokens, template)


def _read_event(endpoint_id: str, line: str) -> dict[str, Any] | None:
    kind, _, data = line.partition(": ")
    if kind not in ("data", "error") or data == "[DONE]":
        return None
    try:
        event: dict[str, Any] = json.loads(data)
        failed = event if kind == "error" else event.get("error")
        status = int(failed.get("code", 500)) if failed else 200
        right = isinstance(event.get("content", ""), str) and isinstance(event.get("timings", {}), dict)
    except json.JSONDecodeError as error:
        raise EndpointMalformed(f"{endpoint_id}: an event is not JSON") from error
    except (AttributeError, TypeError, ValueError):
        status, right = 200, False
    raise_for_status(endpoint_id, status, data, {})
    if not right:
        raise EndpointMalformed(f"{endpoint_id}: an event is not llama.cpp's")
    return event


def _read_usage(timings: dict[str, Any] | None) -> Usage | None:
    if not timings:
        return None
    return Usage(
        evaluated_tokens=timings.get("prompt_n"),
        cached_tokens=timings.get("cache_n"),
        output_tokens=timings.get("predicted_n"),
        prefill_ms=timings.get("prompt_ms"),
        decode_ms=timings.get("predicted_ms"),
    )
