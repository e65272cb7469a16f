"""Commit messages out of answers."""

from __future__ import annotations

import pytest

from nearline_server.actions.answer.message import message_of


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("Add a limit", "Add a limit"),
        ("```\nAdd a limit\n\nIt is 3.\n```", "Add a limit\n\nIt is 3."),
        ("\n```text\nAdd a limit\n```\n", "Add a limit"),
        ("Add a limit\n\n```\nlimit = 3\n```", "Add a limit\n\n```\nlimit = 3\n```"),
        ("```\nAdd a limit", "```\nAdd a limit"),
        ("", ""),
    ],
    ids=["bare", "fenced", "with a language", "with code in it", "without an end", "nothing"],
)
def test_only_a_fence_around_all_of_it_goes(answer: str, message: str) -> None:
    """Code that belongs to the message stays, and so does what is not whole."""
    assert message_of(answer) == message
