"""The presets do what the reference design's decision matrix recommends."""

from __future__ import annotations

from pathlib import Path

import pytest

from nearline_router.config import EndpointConfig, RouterConfig, layered
from nearline_router.errors import NoEndpoint
from nearline_router.policy.decide import decide
from nearline_router.policy.decision import Decision
from nearline_router.policy.question import Question
from nearline_router.policy.standing import Standing
from nearline_router.registry.profile import profiles
from nearline_router.tokens.count import TokenCount
from nearline_router.types import Chat, Complexity, Infill, Message, Prompt, RoutingRequest

PRESETS = Path(__file__).parents[3] / "config" / "presets"
HOLE = Infill("def f(", "", "): pass", "a.py", "python")
TALK = Chat("", (Message("user", "Why?"),))


def preset(name: str) -> RouterConfig:
    """A preset that loads without a word."""
    loaded = layered(PRESETS / f"{name}.yaml", None, trusted=False)
    assert loaded.problems == ()
    return loaded.config


def decided(
    config: RouterConfig, prompt: Prompt = TALK, budget_ms: float | None = None, complexity: Complexity = "routine"
) -> Decision:
    """Where a request of 40 tokens goes when nothing was measured and nobody is busy."""
    request = RoutingRequest(prompt, 32, latency_budget_ms=budget_ms, complexity=complexity)
    stays = "everything stays" if config.residency.everything else ""
    standings = [Standing(profile) for profile in profiles(config)]
    return decide(
        Question(request, stays, complexity, "said", TokenCount(40, "words"), 160), standings, config, now_s=0.0
    )


def with_cloud(config: RouterConfig) -> RouterConfig:
    """The same with an endpoint in the cloud that somebody added."""
    cloud = EndpointConfig(provider="openrouter", model="m", role="both", tier="frontier")
    return config.model_copy(update={"endpoints": {**config.endpoints, "added": cloud}})


def asked(decision: Decision) -> set[str]:
    """Every endpoint that may see the request."""
    return {decision.endpoint, *decision.fallbacks}


def test_hybrid_routine_work_stays_near_and_complex_work_goes_to_the_frontier() -> None:
    """Developer autocomplete: routine near you, complex in the cloud."""
    config = preset("hybrid")

    assert decided(config, HOLE, 150).endpoint == "local"
    assert decided(config, TALK, complexity="complex").endpoint == "frontier"


@pytest.mark.parametrize("complexity", ["routine", "complex"])
@pytest.mark.parametrize("name", ["residency", "offline"])
def test_residency_and_offline_use_local_inference_only(name: str, complexity: Complexity) -> None:
    """Even when somebody adds an endpoint in the cloud."""
    for config in (preset(name), with_cloud(preset(name))):
        assert asked(decided(config, complexity=complexity)) == {"local"}


@pytest.mark.parametrize("name", ["residency", "offline"])
def test_residency_and_offline_end_with_an_error_where_nothing_local_is_left(name: str) -> None:
    """Never in the cloud."""
    config = with_cloud(preset(name))
    config = config.model_copy(update={"engine": config.engine.model_copy(update={"enabled": False})})

    with pytest.raises(NoEndpoint):
        decided(config)


@pytest.mark.parametrize("complexity", ["routine", "complex"])
@pytest.mark.parametrize("budget_ms", [None, 150.0])
def test_high_concurrency_sends_everything_through_openrouter(complexity: Complexity, budget_ms: float | None) -> None:
    """No request waits for the one stream of a machine."""
    config = preset("high-concurrency")

    assert asked(decided(config, TALK, budget_ms, complexity)) == {"cloud", "cloud:deepseek/deepseek-chat-v3.1"}
    assert {(one.provider, one.max_concurrency) for one in profiles(config)} == {("openrouter", 1000)}


def test_cloud_first_sends_all_but_ghost_text_to_frontier_models() -> None:
    """Complex reasoning: frontier models; typing has no time for them."""
    config = preset("cloud-first")

    for complexity in ("routine", "complex"):
        assert decided(config, TALK, complexity=complexity).endpoint in ("frontier", "second")
    assert decided(config, HOLE, 150).endpoint == "local"


def test_every_preset_is_tested_here() -> None:
    """A new one gets its line above."""
    names = {"hybrid", "residency", "offline", "cloud-first", "high-concurrency"}

    assert {path.stem for path in PRESETS.glob("*.yaml")} == names
