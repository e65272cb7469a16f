"""A recorded request as the rules are asked it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nearline_router.config import RouterConfig
from nearline_router.policy.question import Question
from nearline_router.replay.recorded import RecordedRequest
from nearline_router.residency.ignore import IgnoreFiles
from nearline_router.residency.rules import ResidencyRules
from nearline_router.tokens.count import TokenCount
from nearline_router.tokens.learned import DEFAULT_TOKENS_PER_CHARACTER
from nearline_router.types import Chat, Complexity, Infill, RoutingRequest

# The text is not kept, but which endpoints can answer depends on what it was: code with a hole, or a conversation.
INFILL = Infill("", "", "", path="", language="")
CHAT = Chat("", ())
COMPLEXITIES: Mapping[str, Complexity] = {"routine": "routine", "complex": "complex"}


class Asking:
    """Makes questions under one configuration. Raises ValueError for a broken pattern of its residency rules."""

    def __init__(self, config: RouterConfig) -> None:
        self._rules = ResidencyRules(config.residency, IgnoreFiles(config.residency.ignore_file))
        self._ids = frozenset(config.endpoints)

    def question(self, one: RecordedRequest) -> Question:
        """The same request, without what depends on those before it.

        What stayed stays: why is known by its kind alone, and that may hold for ever.
        """
        request = self._request(one)
        stays = f"it stayed when it was asked: {one.residency}" if one.residency else self._rules.must_stay(request)
        return Question(
            request=request,
            stays=stays or "",
            complexity=request.complexity,
            complexity_source="recorded",
            tokens=_tokens(one),
            characters=one.characters,
        )

    def _request(self, one: RecordedRequest) -> RoutingRequest:
        return RoutingRequest(
            prompt=INFILL if one.task == "complete" else CHAT,
            max_output_tokens=one.max_output_tokens,
            latency_budget_ms=None if one.budget_us is None else one.budget_us / 1000,
            complexity=COMPLEXITIES.get(one.complexity),
            task=one.task,
            language=one.language or None,
            # Experiments go by the document, which is not kept: arms are drawn anew for each request.
            document=one.request,
            pin=one.endpoint if one.rule == "pinned" and one.endpoint in self._ids else None,
        )


def _tokens(one: RecordedRequest) -> TokenCount:
    if one.input_tokens is not None:
        return TokenCount(one.input_tokens, "reported")
    return TokenCount(math.ceil(one.characters * DEFAULT_TOKENS_PER_CHARACTER), "characters")
