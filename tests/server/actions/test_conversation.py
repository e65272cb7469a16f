"""What a follow-up question is asked with."""

from __future__ import annotations

from nearline_server.actions.conversation import MOST_CHARS, MOST_TURNS, Conversation
from nearline_server.actions.values import Context, Turn

from .asked import SUBJECT


def test_it_goes_on_behind_the_first_answer() -> None:
    """The oldest turn comes first."""
    conversation = Conversation(SUBJECT, Context(conventions="tabs"), "Explain", "It adds.")
    conversation.go_on("Why?", "Because.")

    assert conversation.turns == (Turn("Explain", "It adds."), Turn("Why?", "Because."))
    assert (conversation.subject, conversation.context) == (SUBJECT, Context(conventions="tabs"))


def test_it_keeps_the_newest_turns_and_no_more() -> None:
    """Memory has a bound, and so has what a question costs."""
    conversation = Conversation(None, Context(), "first", "answer")
    for number in range(MOST_TURNS):
        conversation.go_on(str(number), "x" * (MOST_CHARS + 1))

    assert [turn.question for turn in conversation.turns] == [str(number) for number in range(MOST_TURNS)]
    assert {len(turn.answer) for turn in conversation.turns} == {MOST_CHARS}
