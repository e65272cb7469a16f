"""Filters: why an endpoint may not answer, or not now. Nothing bypasses the first kind."""

from __future__ import annotations

from nearline_router.config.models import RouterConfig
from nearline_router.policy.question import Question
from nearline_router.policy.standing import Standing
from nearline_router.prices.price import nano
from nearline_router.tokens.estimate import estimate
from nearline_router.tokens.text import characters
from nearline_router.types import Infill


class Filters:
    """Those of one request. What is the same for all endpoints is found out once: there may be a thousand."""

    def __init__(self, question: Question, config: RouterConfig, now_s: float) -> None:
        self._question = question
        self._now_s = now_s
        self._caps = config.spending
        self._capped = self._caps.max_usd_per_request is not None or self._caps.max_usd_per_day is not None
        self._limited = self._capped or question.room.hard_nano is not None
        self._at_home = f"not local, and {question.stays}" if question.stays else ""
        if config.offline and not question.stays:
            self._at_home = "offline: not on this machine"
        self._regions = config.residency.regions
        self._infill = isinstance(question.request.prompt, Infill)
        self._text = isinstance(question.request.prompt, str)
        self._least, self._least_characters = _least(question)

    def forbidden(self, standing: Standing) -> str:
        """Why an endpoint may never answer this request, "" if it may: residency, region, capability, context."""
        profile = standing.profile
        if not profile.local:
            if self._at_home:
                return self._at_home
            if self._regions and not self._regions & profile.tags:
                return f"in none of the regions {', '.join(sorted(self._regions))}"
        if self._infill:
            if not profile.completes:
                return "cannot fill in the middle"
        elif not (self._text or profile.chats):
            return "cannot chat"
        if profile.context_tokens is not None and self._tokens(standing) > profile.context_tokens:
            return f"its context of {profile.context_tokens} tokens is too small"
        return ""

    def too_dear(self, standing: Standing, cost_usd: float | None) -> str:
        """Why caps and budgets exclude an endpoint, "" if they do not; there are none for a local one."""
        if not self._limited or standing.profile.local:
            return ""
        capped = self._beyond_caps(cost_usd) if self._capped else ""
        return capped or self._question.room.forbids(nano(cost_usd))

    def _beyond_caps(self, cost_usd: float | None) -> str:
        caps = self._caps
        if cost_usd is None:
            return "its price is unknown and there is a spending cap"
        if caps.max_usd_per_request is not None and cost_usd > caps.max_usd_per_request:
            return f"dearer than the cap of ${caps.max_usd_per_request:g} a request"
        if caps.max_usd_per_day is not None and self._question.spent_today_usd + cost_usd > caps.max_usd_per_day:
            return f"the cap of ${caps.max_usd_per_day:g} a day is reached"
        return ""

    def unable(self, standing: Standing) -> str:
        """Why an endpoint that may answer should not be asked now, "" if it can be: breaker, start-up, heat."""
        if standing.blocked_until_s is not None and standing.blocked_until_s > self._now_s:
            return f"breaker open for {standing.blocked_until_s - self._now_s:.0f} s: {standing.trouble}"
        if not standing.ready:
            return f"not ready: {standing.trouble}"
        return "too hot" if standing.overheated else ""

    def _tokens(self, standing: Standing) -> int:
        """What the request needs of a context at least: its prompt as this endpoint counts it, and the answer."""
        return standing.count(self._least, self._least_characters) + self._question.request.max_output_tokens


def _least(question: Question) -> tuple[int, int]:
    """Tokens and characters of the prompt that cannot be left out: pieces of other files can."""
    prompt = question.request.prompt
    if not (isinstance(prompt, Infill) and prompt.context):
        return question.tokens.tokens, question.characters
    return estimate(prompt.alone, None).tokens, characters(prompt.alone)
