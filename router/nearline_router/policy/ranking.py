"""Choice: the order of those who may answer."""

from __future__ import annotations

from typing import NamedTuple

from nearline_router.config.models import RoutingPolicyConfig
from nearline_router.policy.decision import Rule
from nearline_router.policy.question import Question
from nearline_router.policy.standing import Standing
from nearline_router.prices.price import nano


class Ranked(NamedTuple):
    """An endpoint and its place; ordered as tuples are, so smaller is better and `number` settles every tie.

    `blocked_until_s` is 0 but for those whom the breaker blocks; `away`: beyond a budget's soft limit; `beneath`: of a
    lower tier than the work needs; `late`: predicted to miss the deadline; `cost` as it counts, which for those who are
    late it does not.
    """

    blocked_until_s: float
    away: bool
    beneath: bool
    late: bool
    cost: float
    ttft_ms: float
    number: int
    standing: Standing
    tokens: int
    cost_usd: float | None


class Ranking:
    """The tier that the work needs, then who is in time, then cost, then time, then the configuration's order."""

    def __init__(self, question: Question, policy: RoutingPolicyConfig) -> None:
        request = question.request
        self._stays = question.stays
        self._task = request.task
        self._tokens = question.tokens.tokens
        self._characters = question.characters
        self._output_tokens = request.max_output_tokens
        self.budget_ms = request.latency_budget_ms
        complex_ = question.complexity == "complex"
        bound = self.budget_ms is not None and self.budget_ms <= policy.latency_budget_ms
        self.latency_bound = bound and not complex_
        low = policy.complexity_threshold == "routine"
        self.needs_frontier = complex_ or (low and not self.latency_bound)
        self._room = question.room
        self._soft = question.room.soft_nano is not None

    def rank(self, standing: Standing, number: int) -> Ranked:
        """One endpoint's place; `number` is its place in the configuration."""
        profile, tokens = standing.profile, standing.count(self._tokens, self._characters)
        ttft_ms = standing.ttft_ms(tokens, self._task)
        cost_usd = standing.marginal_usd(tokens, self._output_tokens, self._task)
        late = self.budget_ms is not None and ttft_ms > self.budget_ms
        cost = cost_usd
        if late:
            cost = 0.0
        elif cost is None:
            # An unknown price near the user is that of electricity; one in the cloud can be anything.
            cost = 0.0 if profile.local else float("inf")
        beneath = self.needs_frontier and profile.tier != "frontier"
        away = self._soft and not profile.local and self._room.discourages(nano(cost_usd))
        return Ranked(0.0, away, beneath, late, cost, ttft_ms, number, standing, tokens, cost_usd)

    def rule(self, ranked: list[Ranked]) -> Rule:
        """Which of the rules made the first one the first."""
        if self._stays:
            return "compliance"
        if self._soft and _moved(ranked):
            return "budget"
        if self.needs_frontier:
            return "complexity"
        return "latency" if self.latency_bound or any(one.late for one in ranked) else "cost"

    def total_ms(self, one: Ranked) -> float:
        """The predicted time to the last content."""
        return one.ttft_ms + one.standing.speed.decode_ms(self._output_tokens)


def _moved(ranked: list[Ranked]) -> bool:
    """Whether somebody else would be the first if no budget had a soft limit."""
    return min(ranked, key=lambda one: one._replace(away=False)) is not ranked[0]
