"""A pinned endpoint: it alone may answer, and every filter holds for it as for any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.config import RouterConfig
from nearline_router.errors import EndpointUnavailable, NoEndpoint
from nearline_router.policy.decide import decide
from nearline_router.policy.decision import Decision
from nearline_router.policy.question import Question
from nearline_router.policy.standing import Standing
from tests.router.policy.worlds import CHAT, HOLE, endpoint, question, questions, standing, worlds
from tests.router.routers import FAR, NEAR, REQUEST, SECRET, World, router_in, text

NOW_S = 100.0
LOCAL, _ = endpoint("studio", host="http://127.0.0.1:1", marginal_cost_per_mtok=0.1)
CHEAP, _ = endpoint("cheap", provider="openrouter", model="qwen", tier="routine", cost_per_mtok=0.4)
STRONG, _ = endpoint("strong", provider="anthropic", model="best", cost_per_mtok=10)
PLAIN = RouterConfig()


def chosen(ask: Question, *found: Standing, config: RouterConfig = PLAIN) -> Decision:
    """The decision among these."""
    return decide(ask, found, config, NOW_S)


@pytest.mark.parametrize("pin", ["studio", "cheap", "strong"])
def test_the_pinned_endpoint_answers_and_nobody_stands_by(pin: str) -> None:
    """Whatever it costs and however slow it is."""
    decision = chosen(question(pin=pin, latency_budget_ms=10), standing(LOCAL), standing(CHEAP), standing(STRONG))

    assert (decision.endpoint, decision.rule, decision.fallbacks) == (pin, "pinned", ())
    assert decision.rationale == f"{pin} was asked for, and no rule forbids it."
    assert [one.endpoint for one in decision.candidates] == [pin]


def test_an_id_that_is_not_there_is_refused_with_those_that_are() -> None:
    """A slip of the pen is found by looking at the list."""
    with pytest.raises(NoEndpoint, match=r"^no endpoint is called studoi; there are: studio, cheap$"):
        chosen(question(pin="studoi"), standing(LOCAL), standing(CHEAP))


def test_without_any_endpoint_the_list_is_none() -> None:
    """Not an empty one."""
    with pytest.raises(NoEndpoint, match="there are: none"):
        chosen(question(pin="studio"))


EXCLUDED: list[tuple[dict[str, Any], Standing, dict[str, Any], str]] = [
    ({"requires_data_sovereignty": True}, standing(CHEAP), {}, "not local, and the request needs data sovereignty"),
    ({}, standing(CHEAP), {"offline": True}, "offline: not on this machine"),
    ({}, standing(CHEAP), {"residency": {"regions": ["eu"]}}, "in none of the regions eu"),
    ({"prompt": HOLE}, standing(CHEAP), {}, "cannot fill in the middle"),
    ({"prompt": CHAT}, standing(replace(LOCAL, chats=False)), {}, "cannot chat"),
    ({}, standing(replace(LOCAL, context_tokens=9)), {}, "its context of 9 tokens is too small"),
    ({}, standing(STRONG), {"spending": {"max_usd_per_request": 1e-4}}, "dearer than the cap of $0.0001 a request"),
]


@pytest.mark.parametrize(("request_", "one", "rules", "reason"), EXCLUDED, ids=[row[3] for row in EXCLUDED])
def test_a_filter_holds_for_it_and_says_why(
    request_: dict[str, Any], one: Standing, rules: dict[str, Any], reason: str
) -> None:
    """Somebody else who could answer is not asked instead."""
    other = standing(replace(LOCAL, id="other"))
    with pytest.raises(NoEndpoint) as refused:
        chosen(question(pin=one.profile.id, **request_), one, other, config=RouterConfig.model_validate(rules))

    assert str(refused.value) == f"{one.profile.id} was asked for, but: {reason}"


def test_one_in_trouble_is_asked_all_the_same() -> None:
    """The user wants this one, and sees how it is."""
    blocked = standing(LOCAL, blocked_until_s=NOW_S + 20, trouble="refused")

    decision = chosen(question(pin="studio"), blocked, standing(CHEAP))

    assert decision.endpoint == "studio"
    assert "It is in trouble: breaker open for 20 s: refused." in decision.rationale


def test_an_experiment_does_not_touch_it() -> None:
    """An arm by chance is not what was asked for."""
    config = RouterConfig.model_validate({"experiments": {"explain": {"arms": ["studio", "strong"]}}})
    decisions = [
        chosen(
            question(task="explain", document=str(n), pin="studio"), standing(LOCAL), standing(STRONG), config=config
        )
        for n in range(20)
    ]

    assert {(one.endpoint, one.rule) for one in decisions} == {("studio", "pinned")}


def test_a_stand_in_answers_when_it_is_meant() -> None:
    """Though another local endpoint is there."""
    stand_in = standing(replace(LOCAL, id="small", stand_in=True))

    assert chosen(question(pin="small"), stand_in, standing(LOCAL)).endpoint == "small"


@given(questions(), worlds(), st.integers(0, 6))
def test_a_pin_opens_no_door_that_is_shut(
    ask: Question, world: tuple[RouterConfig, list[Standing]], number: int
) -> None:
    """It is answered if and only if that endpoint could answer were it the only one; what stays, stays."""
    config, found = world
    pin = f"e{number}"
    alone = [one for one in found if one.profile.id == pin]
    pinned = decided(replace(ask, request=replace(ask.request, pin=pin)), found, config)

    assert isinstance(pinned, Decision) is isinstance(decided(ask, alone, config), Decision)
    if isinstance(pinned, Decision):
        assert (pinned.endpoint, pinned.fallbacks, pinned.rule) == (pin, (), "pinned")
        assert alone[0].profile.local or not (ask.stays or config.offline)
    elif alone:
        assert pinned.startswith(f"{pin} was asked for, but: ")


def decided(ask: Question, found: list[Standing], config: RouterConfig) -> Decision | str:
    """The decision, or why there is none."""
    try:
        return decide(ask, found, config, NOW_S)
    except NoEndpoint as error:
        return str(error)


async def test_no_other_endpoint_is_asked_when_it_fails() -> None:
    """Its failure is what the user hears of, also where a second request would be allowed."""
    world = World(lambda profile: [EndpointUnavailable("away")] if profile.id == "far" else ["near"])
    hedge = {"hedge": {"enabled": True, "after_ms": 50, "max_usd_per_day": 10}}
    router = router_in(world, endpoints={"near": NEAR, "far": FAR}, routing_policy=hedge)
    with pytest.raises(EndpointUnavailable, match="away"):
        await text(router, replace(REQUEST, pin="far"))
    await router.aclose()

    assert (len(world.of("far").history), world.of("near").history) == (1, [])


async def test_what_stays_does_not_reach_a_pinned_endpoint_that_is_not_local() -> None:
    """And the local one does not answer in its place."""
    world = World()
    router = router_in(world, endpoints={"near": NEAR, "far": FAR})
    with pytest.raises(NoEndpoint, match="far was asked for, but: not local, and"):
        await text(router, replace(SECRET, pin="far"))
    said = await text(router, replace(SECRET, pin="near"))
    await router.aclose()

    assert (said, world.of("far").history) == ("near", [])
