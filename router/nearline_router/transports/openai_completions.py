"""OpenAI's `/completions`, for holes in code and plain text, as vLLM, LM Studio and mlx_lm.server speak it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nearline_router.errors import EndpointRefused
from nearline_router.fim import render, template_for
from nearline_router.registry.profile import Profile
from nearline_router.tokens.estimate import estimate
from nearline_router.transports.openai_stream import openai_chunks
from nearline_router.transports.prompts import holds_control_text, refuse_control_texts, stops
from nearline_router.types import Chat, Chunks, Infill, RoutingRequest
from nearline_router.warm.session import Session

# Servers of this protocol refuse more stop sequences than OpenAI takes (its API reference, `stop`).
MAX_STOPS = 4


class OpenAICompletions:
    """One endpoint for text that goes on. The family's own layout is sent, since nothing can be forced here."""

    def __init__(self, profile: Profile, session: Session) -> None:
        self._profile = profile
        self._session = session
        self._template = template_for(profile.model or "")

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        return self._profile.id

    def stream(self, request: RoutingRequest) -> Chunks:
        """See Endpoint.stream. Raises EndpointRefused for a Chat, a model of no known family, or a control token."""
        body: dict[str, Any] = {"max_tokens": request.max_output_tokens, "temperature": 0}
        if self._profile.model:
            body["model"] = self._profile.model
        return openai_chunks(self.id, self._session, "/completions", body | self._prompt(request))

    def _prompt(self, request: RoutingRequest) -> dict[str, Any]:
        if isinstance(request.prompt, Chat):
            raise EndpointRefused(f"{self.id}: a conversation is not for /completions")
        if isinstance(request.prompt, str):
            refuse_control_texts(self.id, self._template, [request.prompt])
            return {"prompt": request.prompt}
        return self._hole(self._fitting(request.prompt, request.max_output_tokens))

    def _fitting(self, infill: Infill, output_tokens: int) -> Infill:
        """Without the pieces of other files that would be read as control tokens; without any if there is no room."""
        harmless = tuple(one for one in infill.context if not holds_control_text(self._template, [one.path, one.text]))
        infill = replace(infill, context=harmless)
        most = self._profile.context_tokens
        too_long = most is not None and estimate(infill, None).tokens + output_tokens > most
        return infill.alone if too_long else infill

    def _hole(self, infill: Infill) -> dict[str, Any]:
        if self._template is None:
            raise EndpointRefused(
                f"{self.id}: its model is not known to fill in the middle; name one that can, such as Qwen2.5-Coder"
            )
        rendered = render(self._template, infill, can_force=False)
        refuse_control_texts(self.id, self._template, [part for part in rendered.segments if isinstance(part, str)])
        return {"prompt": rendered.as_text, "stop": stops(self._template, infill)[:MAX_STOPS]}
