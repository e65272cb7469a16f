"""Deciding requests one after the other under one configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from nearline_router.config import RouterConfig
from nearline_router.errors import NoEndpoint
from nearline_router.policy.decide import decide
from nearline_router.policy.decision import Decision
from nearline_router.policy.standing import Standing
from nearline_router.prices.cost import Counts, cost_of
from nearline_router.replay.fate import Fate
from nearline_router.replay.question import Asking
from nearline_router.replay.recorded import RecordedRequest
from nearline_router.replay.slots import Slots
from nearline_router.replay.spent import Spent


class Course:
    """One configuration's way through the requests, which come in order of time."""

    def __init__(self, config: RouterConfig, standings: Sequence[Standing]) -> None:
        self._config = config
        self._standings = {one.profile.id: one for one in standings}
        self._asking = Asking(config)
        self._slots = {name: Slots(one.profile.max_concurrency) for name, one in self._standings.items()}
        self._turns: Counter[str] = Counter()
        self._spent = Spent(config.accounting.budgets)

    def fate(self, one: RecordedRequest) -> Fate:
        """What would become of a request; it takes its slot, and what it costs counts against caps and budgets."""
        now_s = one.asked_us / 1e6
        question = replace(
            self._asking.question(one),
            spent_today_usd=self._spent.today_usd(one.asked_us),
            turns=self._turns,
            room=self._spent.room(one.cost_centre, one.asked_us),
        )
        for name, standing in self._standings.items():
            standing.wait_ms = self._slots[name].wait_ms(now_s)
            # What was in a prompt cache is known of the one that was asked; of any other, what is usual for the task.
            standing.anew = one.anew if name == one.endpoint else None
        try:
            decision = decide(question, list(self._standings.values()), self._config, now_s)
        except NoEndpoint:
            return Fate("", False, bool(question.stays), False, None, None, None)
        finally:
            self._turns[one.task] += 1
        return self._taken(one, decision)

    def _taken(self, one: RecordedRequest, decision: Decision) -> Fate:
        standing = self._standings[decision.endpoint]
        written = _written(one, standing)
        answer_ms = standing.speed.decode_ms(written)
        marginal, full = cost_of(standing.priced, _counts(one, standing, decision.estimated_input_tokens, written))
        left = not standing.profile.local
        if left:
            self._spent.add(one.cost_centre, one.asked_us, marginal or 0)
        ttft_ms = decision.predicted_ttft_ms
        self._slots[decision.endpoint].take(_gone_s(one, ttft_ms + answer_ms))
        overflow = left and decision.rule == "latency" and self._late_at_home(decision, one)
        return Fate(decision.endpoint, left, bool(decision.stays), overflow, ttft_ms, marginal, full)

    def _late_at_home(self, decision: Decision, one: RecordedRequest) -> bool:
        """Whether a local endpoint may answer, and none of them in time."""
        able = [each for each in decision.candidates if not each.excluded]
        home = [each.predicted_ttft_ms or 0.0 for each in able if self._standings[each.endpoint].profile.local]
        return bool(home) and one.budget_us is not None and min(home) > one.budget_us / 1000


def _written(one: RecordedRequest, standing: Standing) -> int:
    """The tokens of the answer: as many as were recorded, else as many as are usual."""
    if one.output_tokens is not None:
        return one.output_tokens
    return round(standing.speed.output_tokens(one.task, one.max_output_tokens))


def _counts(one: RecordedRequest, standing: Standing, input_tokens: int, written: int) -> Counts:
    """What is paid for; on a machine of one's own only what is not in its prompt cache takes time."""
    speed = standing.speed
    share = speed.share_anew(one.task) if standing.anew is None else standing.anew
    busy_ms = speed.prefill_ms(input_tokens * share) + speed.decode_ms(written)
    return Counts(input_tokens, 0, written, busy_us=round(busy_ms * 1000))


def _gone_s(one: RecordedRequest, total_ms: float) -> float:
    """When a request leaves its slot: when its answer ends, or when its asker left."""
    end_s = one.asked_us / 1e6 + total_ms / 1000
    if (one.left_early or one.first_us is None) and one.last_us is not None:
        return min(end_s, one.last_us / 1e6)
    return end_s
