"""The actions that ship, and what becomes of users' own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.policy.complexity import BY_TASK
from nearline_server.actions.catalogue import BUILT_IN, all_actions, find
from nearline_server.actions.values import Action

IDS = ["explain", "refactor", "fix", "tests", "document", "complete-body", "commit-message", "review", "ask"]
GOOD = {"title": "Translate", "prompt": "Translate {selection}."}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.text(max_size=5) | st.sampled_from(["edit", "{selection}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["title", "prompt", "kind", "output", "tier"]) | st.text(max_size=3)


def test_the_nine_actions_ship_in_the_order_of_the_menu() -> None:
    """Each once."""
    assert [action.id for action in BUILT_IN] == IDS
    assert all_actions({}) == (BUILT_IN, [])


def test_an_action_is_found_by_its_id() -> None:
    """There is none of another."""
    found = find(BUILT_IN, "fix")

    assert found is not None
    assert found.title == "Fix problems"
    assert find(BUILT_IN, "nonsense") is None


@pytest.mark.parametrize("action", BUILT_IN, ids=lambda action: action.id)
def test_what_changes_a_document_has_a_kind_and_what_reads_has_none(action: Action) -> None:
    """No kind begins with `source`, which editors run on save."""
    assert bool(action.kind) == (action.output != "text")
    assert action.kind.partition(".")[0] in ("", "quickfix", "refactor")


@pytest.mark.parametrize("action", [one for one in BUILT_IN if one.task in BY_TASK], ids=lambda action: action.id)
def test_an_action_is_as_complex_as_the_router_takes_its_task_to_be(action: Action) -> None:
    """The two lists say the same."""
    assert action.complexity == BY_TASK[action.task]


@pytest.mark.parametrize("action", BUILT_IN, ids=lambda action: action.id)
def test_a_title_with_an_ellipsis_takes_an_instruction(action: Action) -> None:
    """As menus say that more is asked for."""
    assert action.title.endswith("…") == action.takes_instruction


def test_users_actions_follow_those_that_ship() -> None:
    """In the order of the file."""
    actions, complaints = all_actions({"zeta": GOOD, "alpha": GOOD})

    assert complaints == []
    assert [action.id for action in actions] == [*IDS, "zeta", "alpha"]


@pytest.mark.parametrize(
    ("custom", "complaint"),
    [
        ({"Explain it": GOOD}, "actions.Explain it: an id has small letters"),
        ({"": GOOD}, "actions.: an id has small letters"),
        ({"a" * 41: GOOD}, f"actions.{'a' * 41}: an id has small letters"),
        ({"a\n": GOOD}, "actions.a\n: an id has small letters"),
        ({"explain": GOOD}, "actions.explain: Nearline has something of this name"),
        ({"warm-up": GOOD}, "actions.warm-up: Nearline has something of this name"),
        ({"mine": None}, "actions.mine: an action has a title and a prompt"),
        ({"mine": ["x"]}, "actions.mine: an action has a title and a prompt"),
        ({"mine": {"title": "T"}}, "actions.mine.prompt: Field required"),
        ({"mine": GOOD | {"titel": "T"}}, "actions.mine.titel: Extra inputs are not permitted"),
        ({"mine": GOOD | {"prompt": "{nonsense}"}}, "actions.mine.prompt: unknown variable {nonsense}; there are {sel"),
        ({"mine": GOOD | {"output": "shell"}}, "actions.mine.output: Input should be 'text', 'edit' or 'new-file'"),
    ],
)
def test_what_is_wrong_is_said_and_left_out(custom: dict[str, Any], complaint: str) -> None:
    """One sentence that names the place; the other actions stay."""
    actions, complaints = all_actions({"before": GOOD} | custom | {"after": GOOD})

    assert [action.id for action in actions] == [*IDS, "before", "after"]
    assert [one[: len(complaint)] for one in complaints] == [complaint]


def test_each_wrong_value_of_an_action_is_said() -> None:
    """Not only the first."""
    _, complaints = all_actions({"mine": {"title": "", "prompt": "{a} {b}", "tier": "best"}})

    assert [one.partition(": ")[0] for one in complaints] == [
        f"actions.mine.{key}" for key in ("title", "prompt", "tier")
    ]


def test_a_complaint_does_not_repeat_the_prompt() -> None:
    """It may go to a log, where no prompt belongs."""
    _, complaints = all_actions({"mine": GOOD | {"prompt": "hunter2 {nonsense}", "kind": "hunter2 !"}})

    assert len(complaints) == 2
    assert "hunter2" not in "".join(complaints)


@given(st.dictionaries(st.text(max_size=4), st.dictionaries(KEYS, JSON, max_size=5) | JSON, max_size=3))
def test_whatever_is_configured_the_built_in_actions_are_there(custom: dict[str, Any]) -> None:
    """And each entry became an action or a complaint."""
    actions, complaints = all_actions(custom)

    assert actions[: len(BUILT_IN)] == BUILT_IN
    left_out = len(custom) - (len(actions) - len(BUILT_IN))
    assert bool(left_out) == bool(complaints)
    assert len(complaints) >= left_out
