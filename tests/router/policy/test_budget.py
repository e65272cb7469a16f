"""What budgets do to a decision: a hard limit keeps requests here, a soft one prefers what costs less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.budgets.room import Room
from nearline_router.config import RouterConfig
from nearline_router.errors import NoEndpoint
from nearline_router.planner.speed import Speed
from nearline_router.policy.decide import decide
from nearline_router.policy.decision import Decision
from nearline_router.policy.question import Question
from nearline_router.policy.standing import Standing
from nearline_router.prices.priced import price_of
from nearline_router.registry.profile import profiles
from nearline_router.types import Usage
from tests.router.policy.worlds import HOLE, endpoint, question, questions, standing, worlds

LOCAL, _ = endpoint("studio", host="http://127.0.0.1:1")
CHEAP, _ = endpoint("cheap", provider="openrouter", model="small", tier="frontier", cost_per_mtok=0.5)
STRONG, _ = endpoint("strong", provider="anthropic", model="best", cost_per_mtok=10)
DEAR, _ = endpoint("dear", provider="anthropic", model="dearest", cost_per_mtok=20)
ALL = (LOCAL, CHEAP, STRONG, DEAR)
PLAIN = RouterConfig()

HARD = Room(0, "the budget is used up")
SOFT = Room(soft_nano=0, soft="the soft limit is reached")


def chosen(room: Room, *found: Any, config: RouterConfig = PLAIN, **request: Any) -> Decision:
    """The decision among profiles."""
    ask = replace(question(**request), room=room)
    return decide(ask, [standing(one) for one in found], config, 0.0)


def test_a_hard_limit_keeps_complex_work_here_and_says_so() -> None:
    """The model near the user does what it can."""
    decision = chosen(HARD, *ALL, complexity="complex")

    assert (decision.endpoint, decision.fallbacks) == ("studio", ())
    assert {one.excluded for one in decision.candidates if one.endpoint != "studio"} == {HARD.hard}
    assert decision.limit == HARD.hard


def test_with_nobody_here_the_budget_is_the_error() -> None:
    """The sentence says which, and until when."""
    with pytest.raises(NoEndpoint, match="the budget is used up"):
        chosen(HARD, CHEAP, STRONG)


def test_what_fits_into_the_rest_of_a_hard_limit_may_leave() -> None:
    """The estimate is looked at, not only the sum: 68 tokens cost $0.000034 at cheap, $0.00068 at strong."""
    decision = chosen(Room(100_000, HARD.hard), CHEAP, STRONG, complexity="complex")

    assert (decision.endpoint, decision.fallbacks) == ("cheap", ())


def test_an_endpoint_without_a_price_does_not_pass_a_hard_limit() -> None:
    """It could cost anything."""
    unknown, _ = endpoint("unknown", provider="openrouter", model="m")

    with pytest.raises(NoEndpoint, match="its price is unknown and there is a budget"):
        chosen(Room(10**15, HARD.hard), unknown)


def test_a_pin_passes_a_soft_limit_but_no_hard_one() -> None:
    """Who asks for an endpoint by name has read its price."""
    assert chosen(SOFT, *ALL, pin="dear").endpoint == "dear"
    with pytest.raises(NoEndpoint, match="dear was asked for, but: the budget is used up"):
        chosen(HARD, *ALL, pin="dear")


def test_a_soft_limit_prefers_what_is_here() -> None:
    """Though complex work would go to a frontier model; the rest stay as fallbacks, in their order."""
    decision = chosen(SOFT, DEAR, STRONG, LOCAL, CHEAP, complexity="complex")

    assert (decision.endpoint, decision.rule) == ("studio", "budget")
    assert decision.fallbacks == ("cheap", "strong", "dear")
    assert decision.rationale == "studio costs least of those that can do it: the soft limit is reached."
    assert decision.limit == SOFT.soft


def test_a_soft_limit_takes_the_cheapest_that_can_do_it_where_nobody_is_here() -> None:
    """It refuses nobody."""
    assert chosen(SOFT, DEAR, STRONG, CHEAP, complexity="complex").endpoint == "cheap"
    assert chosen(SOFT, DEAR).endpoint == "dear"


def test_what_fits_into_the_rest_of_a_soft_limit_goes_before_what_does_not() -> None:
    """A cheap model under the limit, before a stronger one beyond it."""
    small = replace(CHEAP, tier="routine")
    decision = chosen(Room(soft_nano=100_000, soft=SOFT.soft), STRONG, small, complexity="complex")

    assert (decision.endpoint, decision.rule) == ("cheap", "budget")


def test_a_soft_limit_that_moves_nobody_is_not_the_rule() -> None:
    """A completion goes to the model near the user anyway."""
    decision = chosen(SOFT, *ALL, prompt=HOLE, latency_budget_ms=150)

    assert (decision.endpoint, decision.rule, decision.limit) == ("studio", "latency", "")


def test_a_soft_limit_suspends_an_experiment_with_what_costs_more() -> None:
    """Nobody tries out the dear one then."""
    config = RouterConfig(experiments={"explain": {"arms": ["strong", "dear"]}})

    assert chosen(SOFT, *ALL, config=config, task="explain").endpoint == "studio"


def test_a_machine_is_chosen_by_its_electricity_for_what_its_cache_does_not_hold() -> None:
    """At 100 W, $0.36 a kilowatt-hour and 500 tokens a second $0.00000002 a token, of which one in ten is read anew."""
    said = {"host": "http://studio.lan:1", "local": True, "hardware": {"price_usd": 0, "idle_w": 0, "load_w": 100}}
    config = RouterConfig.model_validate({"endpoints": {"studio": said}, "accounting": {"tariff_usd_per_kwh": 0.36}})
    profile = profiles(config)[0]
    speed = Speed()
    speed.observe(Usage(1000, 9000, 100, 2000.0, 2000.0), task="complete")
    near = Standing(profile, speed, priced=price_of(profile, speed))

    decision = decide(question(max_output_tokens=0, prompt="word " * 1000), [near], PLAIN, 0.0)

    assert decision.estimated_cost_usd == pytest.approx(decision.estimated_input_tokens * 0.1 * 100e-7 / 500)


rooms = st.builds(
    Room,
    st.none() | st.integers(-(10**6), 10**6),
    st.just("the budget is used up"),
    st.none() | st.integers(-(10**6), 10**6),
    st.just("the soft limit is reached"),
)


@given(rooms, questions(), worlds())
def test_no_limit_ever_excludes_what_is_local(
    room: Room, ask: Question, world: tuple[RouterConfig, list[Standing]]
) -> None:
    """A completion from this machine costs no budget anything."""
    config, found = world
    local = [one for one in found if one.profile.local]
    try:
        candidates = decide(replace(ask, room=room), found, config, 0.0).candidates
    except NoEndpoint:
        with pytest.raises(NoEndpoint):
            decide(ask, local, config, 0.0)
        return
    names = {one.profile.id for one in local}
    assert not [one for one in candidates if one.endpoint in names and "budget" in one.excluded]


@given(rooms, questions(), worlds())
def test_nobody_is_asked_beyond_a_hard_limit(
    room: Room, ask: Question, world: tuple[RouterConfig, list[Standing]]
) -> None:
    """Neither first nor as a fallback, whatever else holds."""
    config, found = world
    try:
        decision = decide(replace(ask, room=room), found, config, 0.0)
    except NoEndpoint:
        return
    far = {one.profile.id for one in found if not one.profile.local}
    costs = {one.endpoint: one.cost_usd for one in decision.candidates}
    for name in far & {decision.endpoint, *decision.fallbacks}:
        cost_usd = costs[name]
        assert room.hard_nano is None or (cost_usd is not None and cost_usd * 1e9 <= room.hard_nano)


@given(questions(), worlds())
def test_without_a_limit_everything_is_as_it_was(ask: Question, world: tuple[RouterConfig, list[Standing]]) -> None:
    """Room for a million dollars decides as no budget does, where every price is known."""
    config, found = world
    known = [one for one in found if one.profile.local or one.profile.marginal.cost_usd(1, 1) is not None]

    assert outcome(replace(ask, room=Room(10**15, "", 10**15, "")), known, config) == outcome(ask, known, config)


def outcome(ask: Question, found: list[Standing], config: RouterConfig) -> Decision | str:
    """The decision, or why there is none."""
    try:
        return decide(ask, found, config, 0.0)
    except NoEndpoint as error:
        return str(error)
