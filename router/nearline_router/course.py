"""How a decided request is carried out: one after the other, or two against each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from nearline_router.config.models import RoutingPolicyConfig
from nearline_router.failover import attempt, failover
from nearline_router.hedge import hedged
from nearline_router.ledger.entry import Side
from nearline_router.policy.decision import Decision
from nearline_router.spending import Spending
from nearline_router.types import Chunk, Chunks, Priority, RoutingRequest
from nearline_router.upstream import Upstream

if TYPE_CHECKING:
    from nearline_router.ledger.call import Call


def carried_out(
    request: RoutingRequest,
    decision: Decision,
    order: Sequence[Upstream],
    policy: RoutingPolicyConfig,
    spending: Spending,
    call: Call,
) -> Chunks:
    """The answer from `order`, the endpoints of the decision; all attempts are told to `call`."""
    if request.warm_up or request.priority is Priority.SPECULATION:
        # What nobody has asked for yet is read or written only where that costs nothing and stays.
        return attempt(order[0], request, side=Side(call)) if order[0].profile.local else _nothing()
    timeout_ms, deadline_s = policy.fallback_timeout_ms, _deadline_s(request, policy)
    far_usd = _far_usd(decision, order)
    left_usd = policy.hedge.max_usd_per_day - spending.hedges_usd
    if not policy.hedge.enabled or far_usd is None or far_usd > left_usd:
        return failover(request, order, timeout_ms, deadline_s, Side(call))
    rival = next(one for one in order if one.profile.local != order[0].profile.local)
    others = [rival, *(one for one in order[1:] if one is not rival)]
    one, other = Side(call), Side(call)
    first = failover(request, order[:1], timeout_ms, None, one)
    second = _reserved(failover(request, others, timeout_ms, deadline_s, other), far_usd, spending)

    def lost(loser: Chunks) -> None:
        (one if loser is first else other).lost = True

    return hedged(first, second, policy.hedge.after_ms, lost)


async def _reserved(chunks: Chunks, usd: float, spending: Spending) -> Chunks:
    """A hedge's second stream. One of the two is paid for nothing, and counts from the moment it begins."""
    spending.reserve_hedge(usd)
    async with aclosing(chunks):
        async for chunk in chunks:
            yield chunk


def _deadline_s(request: RoutingRequest, policy: RoutingPolicyConfig) -> float | None:
    """The request's own deadline by the event loop's clock.

    One that is latency-bound has none here: nobody else could answer in what is left of it, and its asker leaves by
    itself.
    """
    budget_ms = request.latency_budget_ms
    if budget_ms is None or budget_ms <= policy.latency_budget_ms:
        return None
    return asyncio.get_running_loop().time() + budget_ms / 1000


def _far_usd(decision: Decision, order: Sequence[Upstream]) -> float | None:
    """What the best endpoint that is not local costs; None without one, without a price, or without a local one."""
    costs = {candidate.endpoint: candidate.cost_usd for candidate in decision.candidates}
    far = next((one for one in order if not one.profile.local), None)
    near = any(one.profile.local for one in order)
    return costs.get(far.id) if far and near else None


async def _nothing() -> Chunks:
    yield Chunk("", "stop")
