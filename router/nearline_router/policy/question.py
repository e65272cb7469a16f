"""What the rules are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nearline_router.budgets.room import UNLIMITED, Room
from nearline_router.config.accounting import DEFAULT_COST_CENTRE
from nearline_router.tokens.count import TokenCount
from nearline_router.types import Complexity, RoutingRequest


@dataclass(frozen=True, slots=True)
class Question:
    """A request and what was found out about it before the decision.

    `stays`: why its text may not leave the premises, "" if it may. `tokens` is the estimate of its prompt, in whose
    place an endpoint with a learned ratio takes its own by `characters`. `turns` counts the requests of each task
    so far. `cost_centre` pays for the request, and `room` is what the budgets leave to it.
    """

    request: RoutingRequest
    stays: str
    complexity: Complexity | None
    complexity_source: str
    tokens: TokenCount
    characters: int
    spent_today_usd: float = 0.0
    turns: Mapping[str, int] = field(default_factory=dict)
    room: Room = UNLIMITED
    cost_centre: str = DEFAULT_COST_CENTRE
