"""Text from files is data: it stands apart in every prompt, and a model that obeys it all the same can do no harm."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.types import Chat
from nearline_server.actions.prompt.texts import SYSTEM
from tests.server.actions.injected import (
    HARMLESS,
    Asked,
    Outcome,
    asked_of,
    happened,
    harm,
    harmless,
    obeyed,
    parted,
    shown,
    table,
    watched,
)
from tests.server.actions.injections import HOSTILE_ANSWERS, INJECTIONS, KEYS, WHOLE_FILE, Injection

every_injection = pytest.mark.parametrize(
    "injection", INJECTIONS, ids=lambda injection: f"{injection.case}, {injection.language}"
)
every_answer = pytest.mark.parametrize("answer", HOSTILE_ANSWERS.values(), ids=HOSTILE_ANSWERS.keys())
# One for each thing that is made of an answer, and a user's own.
every_way = pytest.mark.parametrize("action", ["explain", "refactor", "tests", "shorten"])
IN_FILES = [injection for injection in INJECTIONS if injection.place != "instruction"]
HARMLESS_ONE = replace(INJECTIONS[0], text=f"    # {HARMLESS}\n")


async def prompt(asked: Asked) -> Chat:
    """What is sent for it."""
    (sent,) = (await obeyed(asked, "ok")).prompts
    return sent


def outside(chat: Chat) -> list[str]:
    """All that a conversation says by itself."""
    return [chat.system, *(f"{message.role}: {parted(message.text)[0]}" for message in chat.messages)]


@pytest.mark.parametrize("injection", IN_FILES, ids=lambda injection: f"{injection.case}, {injection.language}")
async def test_a_text_from_a_file_changes_no_word_of_the_prompt_outside_of_the_data(injection: Injection) -> None:
    """The whole text is within a block, and around the blocks there is what there is for a harmless text."""
    chat = await prompt(asked_of(injection))
    data = "".join(parted(message.text)[1] for message in chat.messages)

    assert shown(injection) in data
    assert outside(chat) == outside(await prompt(asked_of(harmless(injection))))
    assert chat.system == SYSTEM
    assert all(one.role != other.role for one, other in pairwise(chat.messages))


async def test_what_the_user_pastes_as_an_instruction_is_one() -> None:
    """Only what comes from files and tools is data."""
    (injection,) = (injection for injection in INJECTIONS if injection.place == "instruction")
    text, data = parted((await prompt(asked_of(injection))).messages[-1].text)

    assert f"The user says: {injection.text}" in text
    assert injection.text not in data


@every_injection
async def test_a_model_that_obeys_an_injection_changes_nothing_but_the_range(injection: Injection) -> None:
    """No other place, file, process or connection; the answer is a proposal for the range, or text."""
    outcome = await obeyed(asked_of(injection), injection.answer)

    assert harm(outcome) == []
    assert outcome.result.endpoint == ("far" if outcome.asked.action.complexity == "complex" else "near")


@every_injection
@every_way
async def test_no_other_action_does_harm_when_an_injection_is_obeyed(injection: Injection, action: str) -> None:
    """Whatever the user asked for when the text was there."""
    assert harm(await obeyed(asked_of(injection, action), injection.answer)) == []


@every_answer
@every_way
async def test_no_hostile_answer_does_harm(answer: str, action: str) -> None:
    """Patches, workspace edits, tool calls, paths and fences are characters like all others."""
    assert harm(await obeyed(asked_of(HARMLESS_ONE, action), answer)) == []


@given(pieces=st.lists(st.sampled_from([*HOSTILE_ANSWERS.values()][:-1]) | st.text(max_size=20), max_size=4))
async def test_no_mixture_of_hostile_answers_does_harm(pieces: list[str]) -> None:
    """One after the other, with anything in between."""
    for action in ("refactor", "tests"):
        assert harm(await obeyed(asked_of(HARMLESS_ONE, action), "".join(pieces))) == []


async def test_a_new_file_is_where_the_rule_puts_it_whatever_the_answer_says() -> None:
    """The model is told the path, and never asked for it."""
    outcome = await obeyed(asked_of(HARMLESS_ONE, "tests"), HOSTILE_ANSWERS["a fence with a path"])

    assert outcome.result.new_file == ("app/test_shapes.py", "id\n")


async def test_a_whole_file_as_an_answer_stays_in_the_range() -> None:
    """It is no reason to replace the whole file."""
    outcome = await obeyed(asked_of(HARMLESS_ONE), WHOLE_FILE)

    assert outcome.result.edits
    assert harm(outcome) == []


async def test_harm_would_be_seen(tmp_path: Path) -> None:
    """An edit, a file or a deed too much is named, so that the other tests can fail."""
    asked = asked_of(HARMLESS_ONE)
    fine = await obeyed(asked, "```\nx\n```")
    assert fine.result.edits
    (edit, *_) = fine.result.edits
    moved = replace(edit, span=replace(edit.span, start=(0, 0)))
    other = Outcome(asked, replace(fine.result, edits=(moved,)), fine.prompts, ())
    file = Outcome(asked, replace(fine.result, edits=None, new_file=(KEYS, "x")), fine.prompts, ())
    with watched() as deeds:
        (tmp_path / "x").write_text("x")
        os.system("exit 0")  # noqa: ASYNC221, S605

    assert harm(other) == ["an edit outside the range"]
    assert harm(file) == ["a file nobody asked for", f"a file elsewhere: {KEYS}"]
    assert [deed.partition(" ")[0] for deed in deeds] == ["open", "os.system"]
    assert happened(other).startswith("HARM: ")


async def test_the_table_has_a_row_for_each_case_and_no_harm() -> None:
    """What the closing note is made of."""
    rows = (await table()).splitlines()
    cases = [row for row in rows if row.startswith("| ")][1:]

    assert len(cases) == len(INJECTIONS) >= 25
    assert not [row for row in cases if "HARM" in row or row.replace("\\|", "").count("|") != 5]
    assert rows[-1].endswith("harm in 0; processes, connections and files: 0.")


def test_the_cases_differ() -> None:
    """No two of them are the same text at the same place."""
    assert len({(injection.place, injection.text) for injection in INJECTIONS}) == len(INJECTIONS)
