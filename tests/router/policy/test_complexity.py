"""How much a task asks of a model, and when there is no signal."""

from __future__ import annotations

import pytest

from nearline_router.policy.complexity import complexity_of
from nearline_router.types import Chat, Infill, Message, RoutingRequest

TABLE = [
    ("Design an architecture for the billing service", "complex"),
    ("Find the race condition in this code", "complex"),
    ("Refactor this module step by step", "complex"),
    ("Why does the test hang?", "complex"),
    ("Rename the variable foo to bar", "routine"),
    ("Summarize this file", "routine"),
    ("Translate the comment to English", "routine"),
    ("Write a haiku", None),
    ("x = 1", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_words_that_give_it_away(text: str, expected: str | None) -> None:
    """Two short lists of words; everything else is no signal, which is not "routine"."""
    assert complexity_of(RoutingRequest(text, 8, task="ask"))[0] == expected


def test_what_the_caller_says_counts_most() -> None:
    """Then the task, then the words."""
    assert complexity_of(RoutingRequest("Design it", 8, complexity="routine")) == ("routine", "given")
    assert complexity_of(RoutingRequest("Design it", 8, task="complete")) == ("routine", "task complete")
    assert complexity_of(RoutingRequest("Design it", 8, task="ask")) == ("complex", 'the word "design"')


def test_words_in_the_middle_of_long_text_are_content_and_no_instruction() -> None:
    """Code that is pasted between says "design" for other reasons."""
    text = "Look at this:\n" + "x = 1\n" * 200 + "# design\n" + "x = 1\n" * 200 + "Thanks"

    assert complexity_of(RoutingRequest(text, 8, task="ask"))[0] is None


def test_of_a_conversation_the_last_turn_of_the_user_counts() -> None:
    """Not what the model said."""
    turns = (Message("user", "Rename it"), Message("assistant", "Shall I redesign it?"), Message("user", "No, thanks"))

    assert complexity_of(RoutingRequest(Chat("You design systems.", turns), 8, task="ask"))[0] is None


def test_code_around_a_cursor_is_never_read_for_words() -> None:
    """A completion's text is no instruction."""
    hole = Infill("# refactor the design\n", "", "", "a.py", "python")

    assert complexity_of(RoutingRequest(hole, 8, task="other"))[0] is None
