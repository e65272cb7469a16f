"""OpenAI's `/chat/completions`, as OpenAI, OpenRouter and the model servers of others speak it."""

from __future__ import annotations

from typing import Any

from nearline_router.registry.profile import Profile
from nearline_router.transports.openai_stream import openai_chunks
from nearline_router.transports.prompts import conversation
from nearline_router.types import Chat, Chunks, RoutingRequest
from nearline_router.warm.session import Session

# OpenRouter's names for "not with providers that keep what they are sent" (its documentation, "Provider routing").
ZERO_RETENTION = {"data_collection": "deny", "zdr": True}


class OpenAIChat:
    """One endpoint for conversations."""

    def __init__(self, profile: Profile, session: Session) -> None:
        self._profile = profile
        self._session = session

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._profile.id

    def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream. Raises EndpointRefused for an Infill."""
        body = self._body(conversation(self.id, request.prompt), request.max_output_tokens)
        return openai_chunks(self.id, self._session, "/chat/completions", body)

    def _body(self, chat: Chat, max_output_tokens: int) -> dict[str, Any]:
        body: dict[str, Any] = {"messages": messages(chat)}
        if self._profile.model:
            body["model"] = self._profile.model
        if self._profile.provider == "openai":
            # Its reasoning models refuse `max_tokens` and any temperature.
            return body | {"max_completion_tokens": max_output_tokens}
        if self._profile.provider == "openrouter" and "zdr" in self._profile.tags:
            body["provider"] = ZERO_RETENTION
        return body | {"max_tokens": max_output_tokens, "temperature": 0}


def messages(chat: Chat) -> list[dict[str, str]]:
    """A conversation as the protocol has it."""
    system = [{"role": "system", "content": chat.system}] if chat.system else []
    return system + [{"role": message.role, "content": message.text} for message in chat.messages]
