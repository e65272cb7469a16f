"""Filters: why an endpoint may not answer, or not now. Nothing bypasses the first kind."""

from __future__ import annotations

from nearline_router.config.models import RouterConfig, SpendingConfig
from nearline_router.policy.question import Question
from nearline_router.policy.standing import Standing
from nearline_router.types import Infill


def forbidden(question: Question, standing: Standing, config: RouterConfig) -> str:
    """Why an endpoint may never answer this request, "" if it may: residency, region, capability, context."""
    profile = standing.profile
    if not profile.local and (reason := _may_not_leave(question, standing, config)):
        return reason
    prompt = question.request.prompt
    if isinstance(prompt, Infill):
        if not profile.completes:
            return "cannot fill in the middle"
    elif not (profile.chats or isinstance(prompt, str)):
        return "cannot chat"
    if profile.context_tokens is not None and _tokens(question, standing) > profile.context_tokens:
        return f"its context of {profile.context_tokens} tokens is too small"
    return ""


def too_dear(question: Question, cost_usd: float | None, caps: SpendingConfig) -> str:
    """Why the caps on spending exclude an endpoint that is not local, "" if they do not."""
    if caps.max_usd_per_request is None and caps.max_usd_per_day is None:
        return ""
    if cost_usd is None:
        return "its price is unknown and there is a spending cap"
    if caps.max_usd_per_request is not None and cost_usd > caps.max_usd_per_request:
        return f"dearer than the cap of ${caps.max_usd_per_request:g} a request"
    if caps.max_usd_per_day is not None and question.spent_today_usd + cost_usd > caps.max_usd_per_day:
        return f"the cap of ${caps.max_usd_per_day:g} a day is reached"
    return ""


def unable(standing: Standing, now_s: float) -> str:
    """Why an endpoint that may answer should not be asked now, "" if it can be: breaker, start-up, heat."""
    if standing.blocked_until_s is not None and standing.blocked_until_s > now_s:
        return f"breaker open for {standing.blocked_until_s - now_s:.0f} s: {standing.trouble}"
    if not standing.ready:
        return f"not ready: {standing.trouble}"
    return "too hot" if standing.overheated else ""


def _tokens(question: Question, standing: Standing) -> int:
    """What the request needs of a context: its prompt as this endpoint counts it, and the answer."""
    return standing.count(question.tokens.tokens, question.characters) + question.request.max_output_tokens


def _may_not_leave(question: Question, standing: Standing, config: RouterConfig) -> str:
    if question.stays:
        return f"not local, and {question.stays}"
    if config.offline:
        return "offline: not on this machine"
    regions = config.residency.regions
    if regions and not regions & standing.profile.tags:
        return f"in none of the regions {', '.join(sorted(regions))}"
    return ""
