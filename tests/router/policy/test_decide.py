"""The decision: the reference design's rules and matrix as tables, every filter, and what holds for any input."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from nearline_router.config import RouterConfig, load_config
from nearline_router.errors import NoEndpoint
from nearline_router.policy.decide import decide
from nearline_router.policy.decision import Decision
from nearline_router.policy.question import Question
from nearline_router.policy.standing import Standing
from nearline_router.tokens.estimate import estimate
from nearline_router.tokens.text import characters
from nearline_router.types import Infill, Snippet
from tests.router.policy.worlds import CHAT, HOLE, endpoint, question, questions, standing, standings, worlds

CONFIG = Path(__file__).parents[3] / "config"
SEED = CONFIG / "llm-routing-config.yaml"
NOW_S = 100.0

LOCAL, _ = endpoint("studio", host="http://127.0.0.1:1", marginal_cost_per_mtok=0.1, cost_per_mtok=33)
SMALL, _ = endpoint("small", host="http://127.0.0.1:2", marginal_cost_per_mtok=0.2)
CHEAP, _ = endpoint("cheap", provider="openrouter", model="qwen", tier="routine", cost_per_mtok=0.4)
STRONG, _ = endpoint("strong", provider="anthropic", model="best", cost_per_mtok=10)
PLAIN = RouterConfig()


def chosen(ask: Question, *found: Standing, config: RouterConfig = PLAIN) -> Decision:
    """The decision among these."""
    return decide(ask, found, config, NOW_S)


def by_seed(**request: Any) -> Decision:
    """The decision under the reference design's own file."""
    config = load_config(SEED)
    return decide(question(**request), standings(config), config, NOW_S)


SEED_RULES = [
    ({"requires_data_sovereignty": True}, "local", "compliance"),
    ({"requires_data_sovereignty": True, "complexity": "complex", "latency_budget_ms": 5000}, "local", "compliance"),
    ({"latency_budget_ms": 100, "complexity": "routine"}, "local", "latency"),
    ({"latency_budget_ms": 149, "complexity": "routine"}, "local", "latency"),
    ({"latency_budget_ms": 100, "complexity": "complex"}, "cloud", "complexity"),
    ({"latency_budget_ms": 2000, "complexity": "routine"}, "cloud", "cost"),
    ({"latency_budget_ms": 2000, "complexity": "complex"}, "cloud", "complexity"),
    ({}, "cloud", "cost"),
]


@pytest.mark.parametrize(("request_", "where", "rule"), SEED_RULES)
def test_the_reference_designs_three_rules(request_: dict[str, Any], where: str, rule: str) -> None:
    """Compliance before latency before cost, with its own field names and file."""
    decision = by_seed(**request_)

    assert (decision.endpoint, decision.rule) == (where, rule)


def test_the_reference_designs_cost_formula() -> None:
    """ceil(words x 1.3) in, the limit out, each at the endpoint's price."""
    decision = by_seed(prompt="one two three", max_output_tokens=100, requires_data_sovereignty=True)

    assert decision.estimated_input_tokens == 4
    assert decision.estimated_cost_usd == pytest.approx((4 + 100) * 0.000033)
    assert "Compliance mandate" in decision.rationale


def test_its_fallback_models_follow_in_order() -> None:
    """The cloud's other models, then the machine at home."""
    assert by_seed().fallbacks == ("cloud:deepseek-v3.1", "cloud:llama-3.3-70b", "local")


MATRIX = [
    ("residency", {"task": "summarize"}, "local", "compliance"),
    ("residency", {"complexity": "complex"}, "local", "compliance"),
    ("high-concurrency", {"task": "classify"}, "far", "cost"),
    ("hybrid", {"task": "complete", "prompt": HOLE, "latency_budget_ms": 150}, "near", "latency"),
    ("hybrid", {"complexity": "complex"}, "far", "complexity"),
    ("offline", {"complexity": "complex"}, "local", "complexity"),
    ("offline", {"task": "complete", "prompt": HOLE, "latency_budget_ms": 150}, "local", "latency"),
    ("cloud-first", {"complexity": "complex"}, "far", "complexity"),
    ("cloud-first", {"complexity": "routine"}, "far", None),
]


@pytest.mark.parametrize(("preset", "request_", "where", "rule"), MATRIX)
def test_the_reference_designs_decision_matrix(
    preset: str, request_: dict[str, Any], where: str, rule: str | None
) -> None:
    """Each row of the matrix is a preset, and comes out as the row says."""
    config = load_config(CONFIG / "presets" / f"{preset}.yaml")
    stays = "everything stays" if config.residency.everything else ""

    decision = decide(question(stays, **request_), standings(config), config, NOW_S)

    local = {one.profile.id: one.profile.local for one in standings(config)}[decision.endpoint]
    assert local is (where in ("local", "near"))
    assert rule in (None, decision.rule)


def test_a_busy_queue_is_left_at_once_for_who_can_be_in_time() -> None:
    """Overflow by prediction, not after a timeout."""
    busy, free = standing(LOCAL, wait_ms=3000), standing(CHEAP)
    ask = question(latency_budget_ms=400, complexity="routine")

    assert chosen(ask, replace(busy, wait_ms=0), free).endpoint == "studio"
    assert chosen(ask, busy, free).endpoint == "cheap"


def test_where_nobody_is_in_time_the_nearest_answers() -> None:
    """A late answer can still be shown later; the rationale says that it is late."""
    decision = chosen(question(latency_budget_ms=10, complexity="routine"), standing(CHEAP), standing(LOCAL))

    assert (decision.endpoint, decision.rule) == ("studio", "latency")
    assert "None is predicted to begin within 10 ms" in decision.rationale


def test_marginal_cost_chooses_and_full_cost_is_reported() -> None:
    """The machine under the desk is there already: electricity decides, its price is for the books."""
    decision = chosen(question(), standing(CHEAP), standing(LOCAL))

    assert decision.endpoint == "studio"
    assert decision.full_cost_usd == pytest.approx((decision.estimated_cost_usd or 0) * 330)


def test_an_unknown_price_is_shown_as_unknown_and_never_wins_over_a_known_one() -> None:
    """But near the user it is that of electricity."""
    unknown = replace(STRONG, id="unknown", marginal=replace(STRONG.marginal, input_usd=None))
    assert chosen(question(), standing(unknown), standing(STRONG)).endpoint == "strong"

    alone = chosen(question(), standing(unknown))

    assert alone.estimated_cost_usd is None


def test_complex_work_without_a_frontier_model_says_so() -> None:
    """The best that is left answers."""
    decision = chosen(question(complexity="complex"), standing(LOCAL))

    assert (decision.endpoint, decision.rule) == ("studio", "complexity")
    assert "no frontier model may answer" in decision.rationale


EXCLUDED = [
    ({"prompt": HOLE}, standing(CHEAP), {}, "cannot fill in the middle"),
    ({"prompt": CHAT}, standing(replace(LOCAL, chats=False)), {}, "cannot chat"),
    ({"requires_data_sovereignty": True}, standing(CHEAP), {}, "not local, and the request needs data sovereignty"),
    ({}, standing(CHEAP), {"offline": True}, "offline: not on this machine"),
    ({}, standing(CHEAP), {"residency": {"regions": ["eu"]}}, "in none of the regions eu"),
    ({"max_output_tokens": 300}, standing(replace(LOCAL, context_tokens=300)), {}, "its context of 300 tokens is too"),
    ({}, standing(STRONG), {"spending": {"max_usd_per_request": 0.0001}}, "dearer than the cap of $0.0001 a request"),
    (
        {"spent_today_usd": 5.0},
        standing(STRONG),
        {"spending": {"max_usd_per_day": 5}},
        "the cap of $5 a day is reached",
    ),
    (
        {},
        standing(replace(CHEAP, marginal=replace(CHEAP.marginal, input_usd=None))),
        {"spending": {"max_usd_per_day": 5}},
        "its price is unknown and there is a spending cap",
    ),
]


@pytest.mark.parametrize(("request_", "one", "rules", "reason"), EXCLUDED, ids=[row[3] for row in EXCLUDED])
def test_a_filter_excludes_and_says_why(
    request_: dict[str, Any], one: Standing, rules: dict[str, Any], reason: str
) -> None:
    """With nobody else it is an error with the reason; with somebody else a candidate with it."""
    config = RouterConfig.model_validate(rules)
    ask = question(**request_)
    with pytest.raises(NoEndpoint):
        chosen(ask, one, config=config)
    other = standing(replace(LOCAL, id="other"))

    decision = chosen(ask, one, other, config=config)

    assert decision.endpoint == "other"
    (excluded,) = [candidate for candidate in decision.candidates if candidate.endpoint == one.profile.id]
    assert excluded.excluded.startswith(reason)


def test_with_no_local_endpoint_left_what_stays_is_an_error_that_says_so() -> None:
    """Never the cloud."""
    ask = question(requires_data_sovereignty=True)
    with pytest.raises(NoEndpoint, match="no local endpoint is left, and nothing else may see this"):
        chosen(ask, standing(CHEAP), standing(STRONG))


@pytest.mark.parametrize(
    "trouble",
    [{"blocked_until_s": NOW_S + 9, "trouble": "refused"}, {"ready": False}, {"overheated": True}],
    ids=["breaker", "starting", "hot"],
)
def test_who_is_in_trouble_is_passed_over(trouble: dict[str, Any]) -> None:
    """As long as somebody else is there."""
    assert chosen(question(), standing(LOCAL, **trouble), standing(CHEAP)).endpoint == "cheap"


def test_if_everybody_is_in_trouble_the_first_to_be_tried_again_is_asked() -> None:
    """Rather than nobody."""
    late, soon = standing(LOCAL, blocked_until_s=NOW_S + 20), standing(SMALL, blocked_until_s=NOW_S + 5)

    decision = chosen(question(), late, soon)

    assert (decision.endpoint, decision.fallbacks) == ("small", ("studio",))
    assert "in trouble" in decision.rationale


def test_but_not_across_residency() -> None:
    """A cloud endpoint in good health is no way out of a local one in trouble."""
    ask = question(requires_data_sovereignty=True)

    decision = chosen(ask, standing(LOCAL, blocked_until_s=NOW_S + 20), standing(CHEAP))

    assert (decision.endpoint, decision.fallbacks) == ("studio", ())


def test_a_stand_in_is_asked_only_where_no_other_local_endpoint_can_be() -> None:
    """The small embedded model does not answer for the large one beside it, unless that one is away."""
    stand_in = standing(replace(SMALL, stand_in=True, marginal=replace(SMALL.marginal, input_usd=0, output_usd=0)))
    assert chosen(question(), stand_in, standing(LOCAL)).endpoint == "studio"

    assert chosen(question(), stand_in, standing(LOCAL, ready=False)).endpoint == "small"


def test_a_learned_ratio_replaces_the_words() -> None:
    """And is labelled."""
    decision = chosen(question(prompt="x" * 1000), standing(LOCAL, tokens_per_char=0.25))

    assert (decision.estimated_input_tokens, decision.token_source) == (250, "learned")


def test_arms_of_an_experiment_are_sticky_by_document_and_follow_their_weights() -> None:
    """The same document always goes to the same arm."""
    config = RouterConfig.model_validate({"experiments": {"explain": {"arms": ["studio", "strong"]}}})
    one, other = standing(replace(LOCAL, weight=3)), standing(STRONG)
    seen = [
        chosen(question(task="explain", document=f"file:///{number}"), one, other, config=config)
        for number in range(400)
    ]

    again = chosen(question(task="explain", document="file:///7"), one, other, config=config)

    assert again == seen[7]
    assert {decision.rule for decision in seen} == {"experiment"}
    assert 0.68 < sum(decision.endpoint == "studio" for decision in seen) / 400 < 0.82


def test_sequential_arms_take_turns() -> None:
    """Each for its number of requests."""
    rules = {"experiments": {"explain": {"arms": ["studio", "strong"], "mode": "sequential", "requests_per_arm": 2}}}
    config = RouterConfig.model_validate(rules)

    seen = [
        chosen(question(task="explain", turn=turn), standing(LOCAL), standing(STRONG), config=config).endpoint
        for turn in range(6)
    ]

    assert seen == ["studio", "studio", "strong", "strong", "studio", "studio"]


def test_an_arm_is_found_behind_any_number_of_better_endpoints() -> None:
    """More of them than a decision lists as candidates."""
    config = RouterConfig.model_validate({"experiments": {"explain": {"arms": ["a", "b"]}}})
    better = [standing(replace(LOCAL, id=f"e{number}")) for number in range(40)]
    arms = [standing(replace(STRONG, id=name)) for name in "ab"]

    assert chosen(question(task="explain"), *better, *arms, config=config).endpoint in ("a", "b")


def test_an_experiment_never_crosses_a_filter() -> None:
    """The arm that may not see the text is no arm."""
    config = RouterConfig.model_validate({"experiments": {"explain": {"arms": ["studio", "strong"]}}})
    for number in range(50):
        ask = question(task="explain", document=str(number), requires_data_sovereignty=True)
        assert chosen(ask, standing(LOCAL), standing(STRONG), config=config).endpoint == "studio"


def test_the_record_is_plain_and_has_no_text_of_the_request() -> None:
    """What is printed, logged or counted."""
    record = by_seed(prompt="hunter2 " * 5).record()

    assert {"endpoint", "model", "rule", "rationale", "estimated_cost_usd", "estimated_input_tokens"} <= record.keys()
    assert {"predicted_ttft_ms", "fallbacks", "candidates"} <= record.keys()
    assert "hunter2" not in repr(record)


def decided(ask: Question, found: list[Standing], config: RouterConfig) -> Decision | str:
    try:
        return decide(ask, found, config, NOW_S)
    except NoEndpoint as error:
        return str(error)


@given(questions(), worlds())
def test_a_decision_is_a_pure_function_of_its_inputs(ask: Question, world: tuple[RouterConfig, list[Standing]]) -> None:
    """The same twice, from copies too, and nothing is changed by asking."""
    config, found = world
    before = copy.deepcopy([(one.profile, one.ready, one.blocked_until_s, one.wait_ms) for one in found])

    first = decided(ask, found, config)

    assert first == decided(ask, found, config) == decided(copy.deepcopy(ask), copy.deepcopy(found), config)
    assert before == [(one.profile, one.ready, one.blocked_until_s, one.wait_ms) for one in found]


@given(questions(), worlds())
def test_what_stays_is_never_given_to_an_endpoint_that_is_not_local(
    ask: Question, world: tuple[RouterConfig, list[Standing]]
) -> None:
    """Neither chosen nor as a fallback, whatever the endpoints, their state, the experiments and the prices."""
    config, found = world
    decision = decided(ask, found, config)
    if isinstance(decision, Decision) and (ask.stays or config.offline):
        local = {one.profile.id for one in found if one.profile.local}
        assert {decision.endpoint, *decision.fallbacks} <= local


@given(questions(), worlds())
def test_nobody_who_is_excluded_for_good_is_asked(ask: Question, world: tuple[RouterConfig, list[Standing]]) -> None:
    """The region, the capability, the context and the caps hold for fallbacks too."""
    config, found = world
    decision = decided(ask, found, config)
    if not isinstance(decision, Decision):
        return
    by_id = {one.profile.id: one for one in found}
    for profile in (by_id[name].profile for name in (decision.endpoint, *decision.fallbacks)):
        assert profile.local or not config.residency.regions or config.residency.regions & profile.tags
        assert profile.completes or ask.request.prompt is not HOLE
        assert profile.chats or ask.request.prompt is not CHAT
        tokens = by_id[profile.id].count(ask.tokens.tokens, ask.characters) + ask.request.max_output_tokens
        assert profile.context_tokens is None or tokens <= profile.context_tokens


@given(questions(), worlds())
def test_somebody_is_asked_if_anybody_may_be(ask: Question, world: tuple[RouterConfig, list[Standing]]) -> None:
    """Trouble alone is no reason for an error: the same endpoints in good health would have answered."""
    config, found = world
    well = [replace(one, ready=True, blocked_until_s=None, overheated=False) for one in found]

    assert isinstance(decided(ask, found, config), Decision) is isinstance(decided(ask, well, config), Decision)


@pytest.mark.parametrize("learned", [None, 0.25])
def test_other_files_exclude_no_endpoint_that_has_room_for_the_hole(learned: float | None) -> None:
    """They can be left out, so they do not count; the hole does."""
    small = standing(replace(LOCAL, context_tokens=300), tokens_per_char=learned)
    beside = replace(HOLE, context=(Snippet("b.py", "python", "x = 1\n" * 400),))
    long = replace(HOLE, prefix="x = 1\n" * 400)

    assert chosen(counted(beside), small).endpoint == "studio"
    with pytest.raises(NoEndpoint, match="its context of 300 tokens"):
        chosen(counted(long), small)


def counted(prompt: Infill) -> Question:
    """A question whose prompt was counted as the router counts."""
    ask = question(prompt=prompt, max_output_tokens=32)
    return replace(ask, tokens=estimate(prompt, None), characters=characters(prompt))
