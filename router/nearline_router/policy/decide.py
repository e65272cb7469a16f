"""The rules, in the reference design's order: filters that nothing bypasses, then latency with complexity, then cost.

`decide` is a pure function: it looks at values and at nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from nearline_router.config.models import RouterConfig
from nearline_router.errors import NoEndpoint
from nearline_router.policy.arms import chosen_arm
from nearline_router.policy.decision import Candidate, Decision, Rule
from nearline_router.policy.filters import Filters
from nearline_router.policy.question import Question
from nearline_router.policy.ranking import Ranked, Ranking
from nearline_router.policy.standing import Standing

# A fallback beyond these would come too late to be worth a try; nobody reads more candidates than these.
MOST_FALLBACKS = 5
MOST_CANDIDATES = 20
# Why the built-in endpoint is passed over.
STANDS_IN = "stands in where no other local endpoint can answer"

Excluded = tuple[Standing, str]


def decide(question: Question, standings: Sequence[Standing], config: RouterConfig, now_s: float) -> Decision:
    """Where the request goes. Raises NoEndpoint, with the reason, when nobody may answer it."""
    ranking = Ranking(question, config.routing_policy)
    pin = question.request.pin
    if pin is not None:
        standings = _pinned(standings, pin)
    able, in_trouble, excluded = _sifted(standings, Filters(question, config, now_s), ranking)
    ranked = heapq.nsmallest(MOST_CANDIDATES, able or in_trouble)
    if not ranked:
        raise NoEndpoint(_why_none(question, excluded))
    rule: Rule = ranking.rule(ranked) if pin is None else "pinned"
    if able and (arm := _arm(question, able, config)):
        rule, ranked = "experiment", [arm, *(one for one in ranked if one.standing is not arm.standing)]
    why = _rationale(question, rule, ranked[0], ranking)
    if not able:
        why += _in_trouble(ranked[0].standing, pin, excluded)
    limit = question.room.soft if rule == "budget" else _hard_limit(question, excluded)
    return _decision(question, rule, why, limit, ranked, _candidates(ranking, ranked, excluded), ranking)


def _pinned(standings: Sequence[Standing], pin: str) -> list[Standing]:
    found = [one for one in standings if one.profile.id == pin]
    if not found:
        ids = ", ".join([one.profile.id for one in standings[:MOST_CANDIDATES]])
        raise NoEndpoint(f"no endpoint is called {pin}; there are: {ids or 'none'}")
    return found


def _sifted(
    standings: Sequence[Standing], filters: Filters, ranking: Ranking
) -> tuple[list[Ranked], list[Ranked], list[Excluded]]:
    """Who can answer, who may but is in trouble, and who is excluded and why."""
    able: list[Ranked] = []
    in_trouble: list[Ranked] = []
    excluded: list[Excluded] = []
    at_home = False
    for number, standing in enumerate(standings):
        if not (reason := filters.forbidden(standing)):
            one = ranking.rank(standing, number)
            if not (reason := filters.too_dear(standing, one.cost_usd)):
                if not (reason := filters.unable(standing)):
                    able.append(one)
                    at_home = at_home or (standing.profile.local and not standing.profile.stand_in)
                    continue
                in_trouble.append(one._replace(blocked_until_s=standing.blocked_until_s or 0.0))
        excluded.append((standing, reason))
    if at_home:
        excluded += [(one.standing, STANDS_IN) for one in able if one.standing.profile.stand_in]
        able = [one for one in able if not one.standing.profile.stand_in]
    return able, in_trouble, excluded


def _arm(question: Question, able: list[Ranked], config: RouterConfig) -> Ranked | None:
    request = question.request
    experiment = config.experiments.get(request.task)
    if experiment is None:
        return None
    by_id = {one.standing.profile.id: one for one in able if not one.away}
    arms = [(name, by_id[name].standing.profile.weight) for name in experiment.arms if name in by_id]
    sticky = request.document or request.path or ""
    name = chosen_arm(experiment, arms, sticky, question.turns.get(request.task, 0))
    return by_id[name] if name else None


def _in_trouble(first: Standing, pin: str | None, excluded: list[Excluded]) -> str:
    if pin is not None:
        return f" It is in trouble: {excluded[0][1]}."
    return f" Every permitted endpoint is in trouble; {first.profile.id} is the first to be tried again."


def _why_none(question: Question, excluded: list[Excluded]) -> str:
    if question.request.pin is not None:
        return f"{question.request.pin} was asked for, but: {excluded[0][1]}"
    if question.stays:
        return f"no local endpoint is left, and nothing else may see this: {question.stays}"
    if not excluded:
        return "no endpoint is configured, and the embedded engine is switched off"
    return "no endpoint may answer: " + "; ".join(f"{one.profile.id}: {reason}" for one, reason in excluded[:5])


def _decision(
    question: Question,
    rule: Rule,
    why: str,
    limit: str,
    ranked: list[Ranked],
    candidates: tuple[Candidate, ...],
    ranking: Ranking,
) -> Decision:
    request, best = question.request, ranked[0]
    profile = best.standing.profile
    return Decision(
        endpoint=profile.id,
        model=profile.model,
        rule=rule,
        rationale=why,
        fallbacks=tuple([one.standing.profile.id for one in ranked[1 : 1 + MOST_FALLBACKS]]),
        candidates=candidates,
        estimated_input_tokens=best.tokens,
        token_source=question.tokens.source if best.standing.tokens_per_char is None else "learned",
        estimated_cost_usd=best.cost_usd,
        full_cost_usd=best.standing.full_usd(best.tokens, request.max_output_tokens, request.task),
        predicted_ttft_ms=best.ttft_ms,
        predicted_total_ms=ranking.total_ms(best),
        stays=question.stays,
        limit=limit,
    )


def _hard_limit(question: Question, excluded: list[Excluded]) -> str:
    hard = question.room.hard
    return hard if hard and any(reason == hard for _, reason in excluded) else ""


def _rationale(question: Question, rule: Rule, best: Ranked, ranking: Ranking) -> str:
    profile = best.standing.profile
    if rule == "pinned":
        return f"{profile.id} was asked for, and no rule forbids it."
    if rule == "compliance":
        return f"Compliance mandate: {question.stays}, so only local endpoints may answer, whatever they cost."
    if rule == "budget":
        return f"{profile.id} costs least of those that can do it: {question.room.soft}."
    if rule == "experiment":
        return f"The experiment on {question.request.task} gives this request to {profile.id}."
    if rule == "complexity" and profile.tier == "frontier":
        return f"Complex work ({question.complexity_source}) goes to a frontier model."
    if rule == "complexity":
        why = question.complexity_source
        return f"Complex work ({why}), but no frontier model may answer; {profile.id} is the best that is left."
    if rule == "latency" and best.late:
        return f"None is predicted to begin within {ranking.budget_ms:g} ms; {profile.id} comes nearest."
    if rule == "latency":
        return f"Of those predicted to begin within {ranking.budget_ms:g} ms, {profile.id} costs least."
    return f"{profile.id} costs least, and there is no deadline that it misses."


def _candidates(ranking: Ranking, ranked: list[Ranked], excluded: list[Excluded]) -> tuple[Candidate, ...]:
    chosen = [
        Candidate(profile.id, profile.model, "", one.ttft_ms, ranking.total_ms(one), one.cost_usd)
        for one in ranked
        for profile in (one.standing.profile,)
    ]
    shown = {candidate.endpoint for candidate in chosen}
    others = [
        Candidate(one.profile.id, one.profile.model, reason)
        for one, reason in excluded[:MOST_CANDIDATES]
        if one.profile.id not in shown
    ]
    return (*chosen, *others)
