"""Endpoints and requests for tests of the decision, and arbitrary ones for its properties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from nearline_router.config import EndpointConfig, EngineConfig, RouterConfig
from nearline_router.planner.speed import Speed
from nearline_router.policy.complexity import complexity_of
from nearline_router.policy.question import Question
from nearline_router.policy.standing import Standing
from nearline_router.registry.profile import Profile, profiles
from nearline_router.tokens.words import words
from nearline_router.types import Chat, Infill, Message, RoutingRequest

HOLE = Infill("def f():\n    ", "ret", "\n", "a.py", "python")
CHAT = Chat("Be brief.", (Message("user", "Why does this fail?"),))
NO_ENGINE = EngineConfig(enabled=False)


def question(stays: str = "", spent_today_usd: float = 0.0, turn: int = 0, **request: Any) -> Question:
    """A question about a request; like the router, it is said to stay when it needs sovereignty."""
    asked = RoutingRequest(**{"prompt": "one two three", "max_output_tokens": 64, **request})
    if asked.requires_data_sovereignty:
        stays = stays or "the request needs data sovereignty"
    complexity, source = complexity_of(asked)
    text = asked.prompt if isinstance(asked.prompt, str) else "text"
    turns = {asked.task: turn}
    return Question(asked, stays, complexity, source, words(text), len(text), spent_today_usd, turns)


def standings(config: RouterConfig) -> list[Standing]:
    """Every endpoint of a configuration, ready and idle."""
    return [standing(profile) for profile in profiles(config)]


def standing(profile: Profile, **values: Any) -> Standing:
    """One endpoint."""
    return Standing(profile, Speed(profile.expected_ttft_ms), **values)


def endpoint(name: str, **said: Any) -> tuple[Profile, RouterConfig]:
    """An endpoint's profile as its configuration gives it."""
    config = RouterConfig(endpoints={name: EndpointConfig.model_validate(said)}, engine=NO_ENGINE)
    return profiles(config)[0], config


usd = st.none() | st.floats(0, 1e-3)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[RouterConfig, list[Standing]]:
    """Any number of endpoints of any kind in any state, under any rules."""
    config = RouterConfig(
        engine=NO_ENGINE,
        offline=draw(st.booleans()),
        routing_policy={"complexity_threshold": draw(st.sampled_from(["routine", "complex"]))},
        residency={"regions": draw(st.sampled_from([[], ["eu"], ["eu", "us"]]))},
        spending={"max_usd_per_request": draw(usd), "max_usd_per_day": draw(usd)},
        experiments=draw(st.sampled_from([{}, {"complete": {"arms": ["e0", "e1"]}}])),
    )
    base, _ = endpoint("any", provider="openai-compatible", host="https://any.example")
    found = [_standing(draw, replace(base, id=f"e{number}")) for number in range(draw(st.integers(0, 6)))]
    return config, found


def _standing(draw: st.DrawFn, base: Profile) -> Standing:
    local = draw(st.booleans())
    price = replace(base.marginal, input_usd=draw(usd), output_usd=draw(usd))
    profile = replace(
        base,
        local=local,
        stand_in=local and draw(st.booleans()),
        completes=draw(st.booleans()),
        chats=draw(st.booleans()),
        tier=draw(st.sampled_from(["routine", "frontier"])),
        tags=draw(st.frozensets(st.sampled_from(["eu", "us", "zdr"]))),
        marginal=price,
        full=price,
        weight=draw(st.floats(0, 3)),
        context_tokens=draw(st.none() | st.integers(256, 4096)),
    )
    return standing(
        profile,
        ready=draw(st.booleans()),
        blocked_until_s=draw(st.none() | st.floats(0, 200)),
        wait_ms=draw(st.floats(0, 5000)),
        overheated=draw(st.booleans()),
        tokens_per_char=draw(st.none() | st.floats(0.05, 4)),
    )


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any request."""
    return question(
        prompt=draw(st.sampled_from(["one two", HOLE, CHAT])),
        max_output_tokens=draw(st.integers(0, 4096)),
        requires_data_sovereignty=draw(st.booleans()),
        latency_budget_ms=draw(st.none() | st.floats(1, 5000)),
        complexity=draw(st.sampled_from([None, "routine", "complex"])),
        task=draw(st.sampled_from(["complete", "explain", "other"])),
        document=draw(st.none() | st.text(max_size=4)),
        stays=draw(st.sampled_from(["", "its path matches patients/**"])),
        spent_today_usd=draw(st.floats(0, 0.01)),
        turn=draw(st.integers(0, 200)),
    )
