"""A prompt of which it is still open how much of everything it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nearline_router.types import Chat, Message
from nearline_server.actions.prompt.data import plain
from nearline_server.actions.prompt.diagnostics import diagnosed
from nearline_server.actions.prompt.fit import Sizes
from nearline_server.actions.prompt.place import Place
from nearline_server.actions.prompt.stable import beginning, stable_part
from nearline_server.actions.prompt.task import Task
from nearline_server.actions.prompt.texts import SYSTEM
from nearline_server.actions.values import Action, Context, Span, Subject, Turn


class Draft:
    """All that could go into a prompt. `asked` is the last message of one that is about no document."""

    def __init__(self, task: Task | None, asked: str, context: Context, history: Sequence[Turn]) -> None:
        path = task.subject.path if task else None
        self._task = task
        self._asked = asked
        self._own = tuple(one for one in context.definitions if one.path == path)
        self._others = tuple(one for one in context.definitions if one.path != path)
        self._conventions = plain(context.conventions)
        self._history = history

    @property
    def most(self) -> Sizes:
        """Everything."""
        lines = self._task.place.lines if self._task else 0
        return Sizes(len(self._conventions), len(self._others), len(self._own), len(self._history), lines)

    def chat(self, sizes: Sizes) -> Chat:
        """The prompt in these sizes: of turns the newest, of definitions the first."""
        turns = self._history[len(self._history) - sizes.turns :]
        said = [message for turn in turns for message in _messages(turn)]
        asked = self._task.text(sizes.lines, self._own[: sizes.own]) if self._task else self._asked
        return Chat(SYSTEM, (*self._stable(sizes), *said, Message("user", asked)))

    def texts(self, sizes: Sizes) -> list[str]:
        """What is counted: every text that is sent."""
        chat = self.chat(sizes)
        return [chat.system, *(message.text for message in chat.messages)]

    def stable_texts(self, sizes: Sizes) -> list[str]:
        """Those of them that are the same for every range."""
        return [message.text for message in self._stable(sizes)]

    def own_texts(self, sizes: Sizes) -> list[str]:
        """The definitions of the subject's own document."""
        return [one.text for one in self._own[: sizes.own]]

    def _stable(self, sizes: Sizes) -> tuple[Message, ...]:
        return stable_part(beginning(self._conventions, sizes.conventions), self._others[: sizes.definitions])


def task_for(action: Action, subject: Subject, instruction: str, most_chars: int) -> Task:
    """An action on a subject, of which at most so many characters around the range are looked at.

    Raises ValueError where the document has no such range.
    """
    if action.id == "commit-message":
        # All of a diff is around its beginning, so it is cut at its end.
        subject = replace(subject, span=Span(subject.span.start, subject.span.start))
    return Task(action, subject, Place(subject, most_chars), instruction, diagnosed(subject))


def _messages(turn: Turn) -> tuple[Message, Message]:
    return Message("user", plain(turn.question)), Message("assistant", plain(turn.answer))
