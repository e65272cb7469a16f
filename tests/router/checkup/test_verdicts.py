"""What a checkup means: what is wrong, what is doubtful, and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nearline_router.checkup.endpoints import NO_KEY, NOT_RUNNING, STANDS_IN, STAYS, Checkup
from nearline_router.checkup.quantization import quantization_of
from nearline_router.checkup.servers import Told, has_model
from nearline_router.checkup.speed import Measured
from nearline_router.checkup.verdicts import key_findings, verdicts

TOLD = Told(80.0, 3.0, ("Llama-3.3-70B-Q4_K_M.gguf",), True, 8192, quantization_of(["Llama-3.3-70B-Q4_K_M.gguf"]))
NEAR = Checkup("near", "llamacpp", None, True, True, "answers", told=TOLD, speed=Measured(2000.0, 30.0, 40.0))
FAR = Checkup("far", "openai", "large", False, False, "answers", key="variable K", told=Told(300.0, 40.0, ("large",)))


def levels(checkup: Checkup) -> set[str]:
    """The levels of everything that is found."""
    return {finding.level for finding in verdicts(checkup, 150)}


def lines(checkup: Checkup) -> str:
    """Everything that is said."""
    return "\n".join(f"{finding.text} → {finding.hint}" for finding in verdicts(checkup, 150))


def told(checkup: Checkup, **more: Any) -> Checkup:
    """The same, where the server says something else."""
    assert checkup.told
    return replace(checkup, told=replace(checkup.told, **more))


def test_a_good_endpoint_near_the_user_is_right_in_everything() -> None:
    """It says how quick, how large, which model, and what the deadline affords."""
    assert levels(NEAR) == {"right"}
    assert "80 ms cold, 3 ms warm, context of 8192 tokens" in lines(NEAR)
    assert "serves Llama-3.3-70B-Q4_K_M.gguf (70B parameters, Q4_K_M)" in lines(NEAR)
    assert "reads 2000 tokens/s, writes 30: within 150 ms with up to 220 tokens" in lines(NEAR)


def test_a_good_cloud_endpoint_is_right_in_everything() -> None:
    """No speed is asked of it."""
    assert levels(FAR) == {"right"}
    assert "has large" in lines(FAR)
    assert "tokens/s" not in lines(FAR)


@pytest.mark.parametrize(
    ("checkup", "level", "words"),
    [
        (replace(NEAR, speed=None), "doubtful", "could not be measured"),
        (replace(NEAR, speed=Measured(100.0, None, 200.0)), "doubtful", "too slow for 150 ms → serve a smaller model"),
        (told(NEAR, quantization=quantization_of(["70B-Q2_K"])), "doubtful", "below 4 bit (70B parameters, Q2_K)"),
        (told(NEAR, context_tokens=1024), "doubtful", "1024 tokens is too small"),
        (replace(NEAR, configured_context_tokens=16384), "doubtful", "its context is 8192 tokens, not 16384"),
        (told(FAR, models=("small",)), "doubtful", "does not list large"),
        (told(FAR, models=None, refuses=True), "doubtful", "has no list of models there → see whether `host` is right"),
        (told(replace(FAR, provider="ollama"), models=("small",)), "wrong", "has no model large → ollama pull large"),
    ],
)
def test_what_is_not_right_says_what_to_do(checkup: Checkup, level: str, words: str) -> None:
    """One thing is wrong or doubtful, everything else stays right."""
    amiss = [finding for finding in verdicts(checkup, 150) if finding.level != "right"]

    assert [finding.level for finding in amiss] == [level]
    assert words in lines(checkup)
    assert amiss[0].hint


@pytest.mark.parametrize(
    ("trouble", "level"), [(STANDS_IN, "right"), (STAYS, "right"), (NOT_RUNNING, "right"), (NO_KEY, "wrong")]
)
def test_who_was_not_asked_is_wrong_only_for_want_of_a_key(trouble: str, level: str) -> None:
    """Everything else is as it should be."""
    assert levels(Checkup("one", "llamacpp", None, True, True, trouble=trouble)) == {level}


@pytest.mark.parametrize(
    ("checkup", "hint"),
    [
        (replace(NEAR, state="fails", trouble="nothing answers there"), "start its server"),
        (replace(FAR, state="fails", trouble="its name cannot be found"), "see whether it is up"),
        (replace(FAR, state="fails", trouble="the key is missing or wrong (401)"), "look at the account, and at varia"),
        (replace(NEAR, state="fails", trouble="the key is missing or wrong (401)"), "name its key in api_key_env"),
    ],
)
def test_a_failure_is_wrong_and_has_a_remedy(checkup: Checkup, hint: str) -> None:
    """By what failed and whose server it is."""
    assert levels(checkup) == {"wrong"}
    assert hint in lines(checkup)


def test_what_is_not_told_is_said_to_be_unknown() -> None:
    """Neither a list of models nor a quantisation is made up."""
    assert "does not tell whether it has large" in lines(told(FAR, models=None))
    assert "quantisation not told" in lines(told(NEAR, quantization=quantization_of(["mine.gguf"])))
    assert levels(told(NEAR, quantization=quantization_of(["mine.gguf"]))) == {"right"}


def test_a_key_is_told_once_for_all_that_need_it() -> None:
    """By the first endpoint, with where it comes from or should."""
    other = replace(FAR, endpoint="far:small")
    missing = replace(FAR, endpoint="third", key="variable L", key_missing="it is not set")
    found = list(key_findings([FAR, other, missing, NEAR]))

    assert [finding.text for finding in found] == [
        "far: there, from variable K",
        "third: none in variable L: it is not set",
    ]
    assert [(finding.level, finding.hint) for finding in found] == [("right", ""), ("doubtful", "set variable L")]


@pytest.mark.parametrize(
    ("models", "name", "there"),
    [
        (("a", "b"), "b", True),
        (("llama3.3:latest",), "llama3.3", True),
        (("llama3.3:70b",), "llama3.3", False),
        (("claude-x-20250929",), "claude-x", True),
        (("gpt-4o-mini",), "gpt-4o", False),
        ((), "a", False),
    ],
)
def test_a_model_is_found_by_its_name_its_default_tag_or_its_date(
    models: tuple[str, ...], name: str, there: bool
) -> None:
    """And not by another model's name that begins alike."""
    assert has_model(models, name) is there
