"""What a window asked last and was answered, for follow-up questions. In memory only."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from nearline_server.actions.values import Context, Subject, Turn

# A follow-up rarely looks further back, and every turn is paid for again with each question.
MOST_TURNS = 8
# Of one answer; about 4,000 tokens.
MOST_CHARS = 16_000


class Conversation:
    """An action and the questions that followed it.

    All of it is about one subject, which a follow-up brings to the router again: an answer that was made from text
    that must stay never becomes part of a question about another document.
    """

    def __init__(self, subject: Subject | None, context: Context, question: str, answer: str) -> None:
        self.subject = subject
        self.context = context
        self._turns: deque[Turn] = deque(maxlen=MOST_TURNS)
        self.go_on(question, answer)

    @property
    def turns(self) -> Sequence[Turn]:
        """The oldest first."""
        return tuple(self._turns)

    def go_on(self, question: str, answer: str) -> None:
        """A question was answered."""
        self._turns.append(Turn(question, answer[:MOST_CHARS]))
