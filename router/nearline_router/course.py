"""How a decided request is carried out: one after the other, or two against each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from nearline_router.config.models import RoutingPolicyConfig
from nearline_router.failover import attempt, failover
from nearline_router.hedge import hedged
from nearline_router.policy.decision import Decision
from nearline_router.types import Chunk, Chunks, RoutingRequest
from nearline_router.upstream import Upstream


def carried_out(
    request: RoutingRequest,
    decision: Decision,
    order: Sequence[Upstream],
    policy: RoutingPolicyConfig,
    hedges_left_usd: float,
) -> Chunks:
    """The answer from `order`, the endpoints of the decision. `hedges_left_usd`: what second requests may cost yet."""
    if request.warm_up:
        # A prompt is read ahead only where that costs nothing and stays.
        return attempt(order[0], request) if order[0].profile.local else _nothing()
    timeout_ms, deadline_s = policy.fallback_timeout_ms, _deadline_s(request, policy)
    rival = _rival(decision, order, hedges_left_usd) if policy.hedge.enabled else None
    if rival is None:
        return failover(request, order, timeout_ms, deadline_s)
    others = [rival, *(one for one in order[1:] if one is not rival)]
    first = failover(request, order[:1], timeout_ms)
    return hedged(first, failover(request, others, timeout_ms, deadline_s), policy.hedge.after_ms)


def _deadline_s(request: RoutingRequest, policy: RoutingPolicyConfig) -> float | None:
    """The request's own deadline by the event loop's clock.

    One that is latency-bound has none here: nobody else could answer in what is left of it, and its asker leaves by
    itself.
    """
    budget_ms = request.latency_budget_ms
    if budget_ms is None or budget_ms <= policy.latency_budget_ms:
        return None
    return asyncio.get_running_loop().time() + budget_ms / 1000


def _rival(decision: Decision, order: Sequence[Upstream], left_usd: float) -> Upstream | None:
    """Who is asked beside the first: the best on the other side of the network, if that can be paid for."""
    costs = {candidate.endpoint: candidate.cost_usd for candidate in decision.candidates}
    near = order[0].profile.local
    far_usd = [costs.get(one.id) for one in order if not one.profile.local][:1]
    if not far_usd or far_usd[0] is None or far_usd[0] > left_usd:
        return None
    return next((one for one in order[1:] if one.profile.local != near), None)


async def _nothing() -> Chunks:
    yield Chunk("", "stop")
