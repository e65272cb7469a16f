"""The actions of one editor window: what there is to ask, what becomes of it, and the conversation about it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from nearline_router.errors import RouterError
from nearline_server.lsp.actions.arguments import Asked, Refused
from nearline_server.lsp.actions.outcome import Answered, Outcome
from nearline_server.lsp.actions.progress import ActionProgress
from nearline_server.lsp.server import NearlineServer

if TYPE_CHECKING:  # imported when an action is first asked for
    from nearline_server.actions.conversation import Conversation
    from nearline_server.actions.values import Action, Subject
    from nearline_server.lsp.session import Session

log = logging.getLogger("nearline")

FOLLOW_UP = "follow-up"
CANCELLED = "cancelled"

Finish = Callable[[Answered], Awaitable[Outcome]]


class ActionWindow:
    """What the menu, its resolving and the commands share. `nearline_server.actions` is loaded when it is used."""

    def __init__(self, server: NearlineServer) -> None:
        self._server = server
        self._talk: Conversation | None = None
        self._warming: asyncio.Task[None] | None = None
        self._known: tuple[Mapping[str, Any], tuple[Action, ...]] | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        """The built-in ones and the user's own; what is wrong with those is said once."""
        from nearline_server.actions.catalogue import all_actions

        custom = self._session.router.config.actions
        if self._known is None or self._known[0] is not custom:
            actions, complaints = all_actions(custom)
            self._known = custom, actions
            for complaint in complaints:
                self._server.say(types.MessageType.Warning, complaint)
        return self._known[1]

    def warm(self) -> None:
        """An action is near: open what connections it may need, beside everything else."""
        router = self._session.router
        router.touch()
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(router.warm())

    async def carry_out(self, asked: Asked, finish: Finish) -> Outcome:
        """Ask for an action and finish it; what fails is one sentence, shown to the user and the outcome's note.

        Whoever cancels this, or presses the button of the bar, ends the work at the endpoint.
        """
        title = asked.action.replace("-", " ")
        progress = ActionProgress(
            self._server, asked.action, title, asked.run_id or str(uuid.uuid4()), lambda: work.cancel()
        )
        work = asyncio.create_task(self._finished(asked, progress, finish))
        outcome = Outcome(note=CANCELLED)
        try:
            outcome = await work
        except asyncio.CancelledError:
            if not work.cancelled() or _is_cancelled():
                raise
        except (Refused, RouterError) as error:
            outcome = self.failed(title, str(error))
        except Exception as error:  # noqa: BLE001 (whatever it is, the user is told; its text may hold their code)
            log.error("%s in an action", type(error).__name__)  # noqa: TRY400 (no traceback, for the same reason)
            outcome = self.failed(title, f"it failed inside ({type(error).__name__})")
        finally:
            progress.end(endpoint=outcome.endpoint, model=outcome.model, note=outcome.note)
            if self._server.session:
                self._server.session.send_status()
        return outcome

    def failed(self, title: str, sentence: str) -> Outcome:
        """One sentence for the user, who asked for something that cannot be had."""
        self._server.say(types.MessageType.Error, f"Nearline, {title}: {sentence}")
        return Outcome(note=sentence)

    async def _finished(self, asked: Asked, progress: ActionProgress, finish: Finish) -> Outcome:
        answer = self._followed_up if asked.action == FOLLOW_UP else self._answered
        answered = await answer(asked, progress)
        outcome = await finish(answered)
        if answered.action.output == "text" and not asked.run_id:
            # A client that names no run follows none, and most show no result of a command.
            self._server.say(types.MessageType.Info, outcome.text)
        if outcome.note and answered.action.output != "text" and not (outcome.applied or outcome.edit):
            self._server.say(types.MessageType.Warning, f"Nearline, {answered.action.id}: {outcome.note}")
        return outcome

    async def _answered(self, asked: Asked, progress: ActionProgress) -> Answered:
        from nearline_server.actions.conversation import Conversation
        from nearline_server.actions.run import run
        from nearline_server.lsp.actions.subject import context_for, subject_of

        router, action = self._session.router, self._action(asked.action)
        subject = await subject_of(self._server, action, asked)
        _check(action, subject, asked)
        progress.makes(action.output)
        context = await context_for(self._server, router, subject)
        result = await run(router, action, subject, context, asked.instruction, (), progress.text, asked.pin)
        question = " ".join(part for part in (action.title.rstrip("…"), asked.instruction) if part)
        self._talk = Conversation(subject, context, question, result.text)
        return Answered(action, subject, result)

    async def _followed_up(self, asked: Asked, progress: ActionProgress) -> Answered:
        from nearline_server.actions.run import run

        action, talk = self._action("ask"), self._talk
        if talk is None:
            raise Refused("there is no answer yet that it could follow")
        _check(action, talk.subject, asked)
        progress.makes(action.output)
        router, subject = self._session.router, talk.subject
        result = await run(
            router, action, subject, talk.context, asked.instruction, talk.turns, progress.text, asked.pin
        )
        # If another action was answered meanwhile, this is the end of a conversation that nobody goes on with.
        talk.go_on(asked.instruction, result.text)
        return Answered(action, subject, result)

    @property
    def _session(self) -> Session:
        if self._server.session is None:
            raise Refused("Nearline is still starting")
        return self._server.session

    def _action(self, name: str) -> Action:
        from nearline_server.actions.catalogue import find

        if (action := find(self.actions, name)) is None:
            raise Refused(f"there is no action {name!r}")
        return action


def _check(action: Action, subject: Subject | None, asked: Asked) -> None:
    """Raises Refused for what cannot be answered."""
    if action.id == "ask" and not asked.instruction:
        raise Refused("it needs a question")
    if action.id == "commit-message" and not asked.diff:
        raise Refused("it needs the diff")
    if action.needs_diagnostics and not asked.instruction and not (subject and subject.diagnostics):
        raise Refused("there is no problem here to fix")


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return bool(task and task.cancelling())
