"""Tokens per character, learned from what an endpoint reports."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.tokens.learned import (
    DEFAULT_TOKENS_PER_CHARACTER,
    LEAST,
    MOST,
    WORTH_LEARNING_CHARACTERS,
    LearnedRatio,
)
from nearline_router.types import Chat, Infill, Message, Prompt, Usage

TEXT = "x" * 1000


def fed(*reports: int) -> LearnedRatio:
    """A ratio that saw prompts of 1000 characters of which the endpoint made so many tokens."""
    learned = LearnedRatio()
    for tokens in reports:
        learned.observe(TEXT, Usage(evaluated_tokens=tokens))
    return learned


def test_before_any_report_it_counts_by_the_default() -> None:
    """What real code has on average."""
    learned = LearnedRatio()

    assert not learned.fed
    assert learned.count(1000).tokens == math.ceil(1000 * DEFAULT_TOKENS_PER_CHARACTER)


def test_the_first_report_replaces_the_default() -> None:
    """An endpoint's own word is worth more than anybody's average."""
    learned = fed(400)

    assert learned.fed
    assert learned.count(1000).tokens == 400


def test_the_first_reports_are_averaged() -> None:
    """With two reports neither weighs more."""
    assert fed(200, 400).tokens_per_character == pytest.approx(0.3)


def test_a_hundred_reports_do_not_make_it_deaf() -> None:
    """After them a change of language is followed within ten."""
    assert fed(*[200] * 100, *[400] * 10).tokens_per_character == pytest.approx(0.4, rel=0.06)


def test_one_odd_report_after_many_does_not_decide() -> None:
    """It moves the average by a fifth of the way."""
    assert fed(*[200] * 100, 400).tokens_per_character == pytest.approx(0.24)


def test_cached_tokens_are_part_of_the_prompt() -> None:
    """A prompt that is nearly all in the cache is no shorter."""
    learned = LearnedRatio()

    learned.observe(TEXT, Usage(evaluated_tokens=1, cached_tokens=299))

    assert learned.count(1000).tokens == 300


@pytest.mark.parametrize(
    "prompt",
    [
        TEXT,
        Infill(TEXT[:600], TEXT[:100], TEXT[:300], "a.py", "python"),
        Chat(TEXT[:500], (Message("user", TEXT[:400]), Message("assistant", TEXT[:100]))),
    ],
    ids=["text", "hole", "conversation"],
)
def test_every_kind_of_prompt_teaches(prompt: Prompt) -> None:
    """All of its pieces count."""
    learned = LearnedRatio()

    learned.observe(prompt, Usage(evaluated_tokens=250))

    assert learned.tokens_per_character == 0.25


@pytest.mark.parametrize(
    ("prompt", "usage"),
    [
        (TEXT, Usage()),
        (TEXT, Usage(output_tokens=10)),
        (TEXT, Usage(evaluated_tokens=0)),
        (TEXT, Usage(evaluated_tokens=3)),
        (TEXT, Usage(evaluated_tokens=100_000)),
        ("", Usage(evaluated_tokens=40)),
        ("x" * (WORTH_LEARNING_CHARACTERS - 1), Usage(evaluated_tokens=60)),
    ],
    ids=["no usage", "output only", "nothing read", "cache left out", "impossible", "empty prompt", "short prompt"],
)
def test_what_cannot_be_a_count_of_this_prompt_teaches_nothing(prompt: str, usage: Usage) -> None:
    """Nor does a prompt of which the endpoint's own template is a large part."""
    learned = LearnedRatio()

    learned.observe(prompt, usage)

    assert (learned.fed, learned.tokens_per_character) == (False, DEFAULT_TOKENS_PER_CHARACTER)


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 50_000))), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_longer_prompt_never_counts_less(reports: list[tuple[int, int]], one: int, other: int) -> None:
    """Whatever was reported; and no count is negative, nor that of a character nothing."""
    learned = LearnedRatio()
    for length, tokens in reports:
        learned.observe("x" * length, Usage(evaluated_tokens=tokens))
    shorter, longer = sorted([one, other])

    assert 0 <= learned.count(shorter).tokens <= learned.count(longer).tokens
    assert learned.count(0).tokens == 0
    assert learned.count(1).tokens >= 1


@given(st.lists(st.integers(0, 10_000)))
def test_the_ratio_stays_between_the_reports_it_believed(reports: list[int]) -> None:
    """It is an average of them: no report can throw it further than it was itself."""
    learned = fed(*reports)
    believed = [tokens / 1000 for tokens in reports if LEAST <= tokens / 1000 <= MOST] or [DEFAULT_TOKENS_PER_CHARACTER]

    assert min(believed) - 1e-9 <= learned.tokens_per_character <= max(believed) + 1e-9


@given(st.lists(st.integers(100, 4000), min_size=1, max_size=20), st.integers(100, 4000))
def test_it_goes_on_from_its_state_as_if_nothing_had_happened(reports: list[int], next_report: int) -> None:
    """A restart is not seen in any later count, also when the state was a JSON file in between."""
    before, after = fed(*reports), LearnedRatio()
    after.restore(json.loads(json.dumps(before.state())))

    for learned in (before, after):
        learned.observe(TEXT, Usage(evaluated_tokens=next_report))

    assert after.fed
    assert after.state() == before.state()


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"tokens_per_character": 0.3},
        {"tokens_per_character": "0.3", "reports": 1},
        {"tokens_per_character": float("nan"), "reports": 1},
        {"tokens_per_character": float("inf"), "reports": 1},
        {"tokens_per_character": -0.3, "reports": 1},
        {"tokens_per_character": 0.0, "reports": 1},
        {"tokens_per_character": 0.3, "reports": None},
        {"tokens_per_character": 0.3, "reports": -1},
        {"tokens_per_character": 0.3, "reports": 0},
    ],
)
def test_a_state_that_is_none_is_ignored(state: dict[str, object]) -> None:
    """A damaged file costs what was learned and nothing else."""
    learned = LearnedRatio()

    learned.restore(state)

    assert (learned.fed, learned.tokens_per_character) == (False, DEFAULT_TOKENS_PER_CHARACTER)


def test_what_was_never_fed_is_restored_as_never_fed() -> None:
    """Its default is no knowledge."""
    learned = LearnedRatio()

    learned.restore(LearnedRatio().state())

    assert not learned.fed


def test_the_count_says_that_it_was_learned() -> None:
    """Nobody takes it for a tokenizer's."""
    assert fed(300).count(10).source == "learned"
