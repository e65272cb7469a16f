"""How the fault server's steps look in each protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Comment:
    """A sign of life that is no content: an SSE comment, an empty line of NDJSON."""


@dataclass(frozen=True)
class Role:
    """An event that only says that an answer begins."""


@dataclass(frozen=True)
class ErrorInside:
    """An error in an answer that began with 200. `kind` is a type of Anthropic's list, `status` OpenRouter's code."""

    kind: str = "overloaded_error"
    status: int = 529
    message: str = "scripted"


@dataclass(frozen=True)
class End:
    """The protocol's end mark, by its `reason` in OpenAI's words; `usage`: whether the server counts its tokens.

    There were 20 tokens in the prompt, 8 of them cached, and 5 in the answer.
    """

    reason: str = "stop"
    usage: bool = True


Step = Text | Comment | Role | ErrorInside | End


class Wire(Protocol):
    """One protocol: each step as bytes."""

    content_type: str

    def encoded(self, step: Step) -> bytes:
        """The step as the protocol has it."""
        ...


def sse(value: Any, name: str = "") -> bytes:
    """One event."""
    event = f"event: {name}\n" if name else ""
    return f"{event}data: {json.dumps(value)}\n\n".encode()


class OpenAIWire:
    """Chats, or completions."""

    content_type = "text/event-stream; charset=utf-8"

    def __init__(self, chat: bool) -> None:
        self._chat = chat

    def encoded(self, step: Step) -> bytes:
        """See Wire."""
        match step:
            case Text(text):
                return sse({"choices": [self._choice(text)]})
            case Comment():
                return b": OPENROUTER PROCESSING\n\n"
            case Role():
                return sse({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
            case ErrorInside(kind, status, message):
                error = {"code": status, "type": kind, "message": message}
                return sse({"error": error, "choices": [self._choice("") | {"finish_reason": "error"}]})
            case End(reason, usage):
                ends = sse({"choices": [self._choice("") | {"finish_reason": reason}]})
                return ends + (sse({"choices": [], "usage": OPENAI_USAGE}) if usage else b"") + b"data: [DONE]\n\n"

    def _choice(self, text: str) -> dict[str, Any]:
        said: dict[str, Any] = {"delta": {"content": text}} if self._chat else {"text": text}
        return {"index": 0, "finish_reason": None, **said}


OPENAI_USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}}


class AnthropicWire:
    """Messages. The prompt's 12 new tokens are 10 plus 2 that were written to the cache."""

    content_type = "text/event-stream"

    def encoded(self, step: Step) -> bytes:
        """See Wire."""
        match step:
            case Text(text):
                delta = {"type": "text_delta", "text": text}
                return sse({"type": "content_block_delta", "index": 0, "delta": delta}, "content_block_delta")
            case Comment():
                return sse({"type": "ping"}, "ping")
            case Role():
                return sse({"type": "message_start", "message": {"usage": ANTHROPIC_USAGE}}, "message_start")
            case ErrorInside(kind, _, message):
                return sse({"type": "error", "error": {"type": kind, "message": message}}, "error")
            case End(reason, usage):
                counts = {"usage": {"output_tokens": 5}} if usage else {}
                delta = {"type": "message_delta", "delta": {"stop_reason": ANTHROPIC_REASONS[reason]}, **counts}
                return sse(delta, "message_delta") + sse({"type": "message_stop"}, "message_stop")


ANTHROPIC_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
ANTHROPIC_USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 2,
    "cache_read_input_tokens": 8,
    "output_tokens": 1,
}


class OllamaWire:
    """Generating, or chatting."""

    content_type = "application/x-ndjson"

    def __init__(self, chat: bool) -> None:
        self._chat = chat

    def encoded(self, step: Step) -> bytes:
        """See Wire."""
        match step:
            case Text(text):
                return self._line(text, done=False)
            case Comment():
                return b"\n"
            case Role():
                return self._line("", done=False)
            case ErrorInside(message=message):
                return json.dumps({"error": message}).encode() + b"\n"
            case End(reason, usage):
                return self._line("", done=True, done_reason=reason, **(OLLAMA_USAGE if usage else {}))

    def _line(self, text: str, **more: Any) -> bytes:
        said = {"message": {"role": "assistant", "content": text}} if self._chat else {"response": text}
        return json.dumps({**said, **more}, ensure_ascii=False).encode() + b"\n"


OLLAMA_USAGE = {
    "prompt_eval_count": 20,
    "prompt_eval_cached_count": 8,
    "prompt_eval_duration": 3_000_000,
    "eval_count": 5,
    "eval_duration": 4_000_000,
}

WIRES: dict[str, Wire] = {
    "/v1/chat/completions": OpenAIWire(chat=True),
    "/v1/completions": OpenAIWire(chat=False),
    "/v1/messages": AnthropicWire(),
    "/api/chat": OllamaWire(chat=True),
    "/api/generate": OllamaWire(chat=False),
}
