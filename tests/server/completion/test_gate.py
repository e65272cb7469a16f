"""When not to ask. The cursor is drawn as ║."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal

import pytest

from nearline_server.completion.gate import ALWAYS, AUTOMATIC, MODEL_ONLY, Situation, refusal


def drawn(line: str) -> Situation:
    before, after = line.split("║")
    return Situation(before, after, "python", document_chars=1_000, document_lines=40)


@pytest.mark.parametrize(
    "line",
    [
        "║",
        "x = ║",
        "    ║",
        "foo(║)",
        "foo(bar[║]):",
        'print("║");',
        "f(║) {",
        "x║  ",
        "foo║",
        "foo(a║,",
        "foo ║\t",
    ],
)
def test_a_line_that_ends_behind_the_cursor_is_asked_about(line: str) -> None:
    assert refusal(drawn(line)) is None


@pytest.mark.parametrize("line", ["fo║o", "x = na║me + 1", "a_║_b", "漢║字", "x1║2"])
def test_a_cursor_inside_a_word_is_left_alone(line: str) -> None:
    assert refusal(drawn(line)) == "mid_word"


@pytest.mark.parametrize("line", ["foo(║a)", "x = ║ + 1", "║return x", "f(║), g()"])
def test_code_behind_the_cursor_is_not_pushed_away(line: str) -> None:
    assert refusal(drawn(line)) == "mid_line"


def test_a_word_that_only_begins_behind_the_cursor_is_not_a_word_to_be_inside_of() -> None:
    assert refusal(drawn("foo(║bar)")) == "mid_line"


def test_a_binary_file_is_refused_even_when_invoked() -> None:
    situation = replace(drawn("x = ║"), has_nul=True)

    assert refusal(situation) == "binary"
    assert refusal(replace(situation, invoked=True)) == "binary"


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        (replace(drawn("x = ║"), disabled_languages=frozenset({"python"})), "disabled_language"),
        (replace(drawn("║"), document_empty=True), "nothing_typed"),
        (replace(drawn("x = ║"), document_chars=10_000_001), "huge"),
        (replace(drawn("x = ║"), document_lines=500_001), "huge"),
        (drawn("x" * 2_000 + " ║"), "long_line"),
        (drawn("fo║o"), "mid_word"),
        (drawn("foo(║a)"), "mid_line"),
        (replace(drawn("x = ║"), last_change="delete"), "after_delete"),
    ],
)
def test_what_refuses_typing_does_not_refuse_an_invocation(situation: Situation, reason: str) -> None:
    assert refusal(situation) == reason
    assert refusal(replace(situation, invoked=True)) is None


def test_a_file_of_fifty_thousand_lines_is_asked_about() -> None:
    assert refusal(replace(drawn("x = ║"), document_lines=50_001, document_chars=2_500_000)) is None


def test_another_language_being_disabled_does_not_matter() -> None:
    assert refusal(replace(drawn("x = ║"), disabled_languages=frozenset({"markdown"}))) is None


@pytest.mark.parametrize("change", ["insert", "other", None])
def test_only_a_deletion_is_a_change_to_wait_after(change: Literal["insert", "other"] | None) -> None:
    assert refusal(replace(drawn("x = ║"), last_change=change)) is None


def test_after_a_deletion_only_the_model_is_barred() -> None:
    assert {"after_delete"} == MODEL_ONLY


def test_the_first_rule_that_holds_gives_the_reason() -> None:
    situation = replace(drawn("fo║o"), last_change="delete", document_chars=10_000_001)

    assert refusal(situation) == "huge"


def test_every_reason_is_the_name_of_its_rule() -> None:
    assert all(reason == rule.__name__ for reason, rule in ALWAYS + AUTOMATIC)


def test_a_line_of_a_megabyte_is_refused_at_once() -> None:
    situation = drawn("x" * 500_000 + "║" + " " * 500_000 + "x")
    started_s = time.thread_time()

    assert refusal(situation) == "long_line"
    assert time.thread_time() - started_s < 0.02


@pytest.mark.parametrize("rest", [" " * 1_900 + "x", ")" * 1_900 + "x", (" " * 20 + ")") * 90 + "x", "; " * 900])
def test_a_long_rest_of_the_line_is_judged_at_once(rest: str) -> None:
    """A comment far to the right does not hold up a keystroke."""
    started_s = time.thread_time()

    assert refusal(drawn(f"x ║{rest}")) == "mid_line"
    assert time.thread_time() - started_s < 0.02
