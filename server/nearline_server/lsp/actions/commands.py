"""The commands for actions, which any client can run by `workspace/executeCommand`."""

from __future__ import annotations

import inspect
from typing import Any

from lsprotocol import types

from nearline_server.lsp.actions.arguments import Refused, read
from nearline_server.lsp.actions.outcome import Answered, Outcome
from nearline_server.lsp.actions.window import FOLLOW_UP, ActionWindow
from nearline_server.lsp.actions.workspace_edit import applied
from nearline_server.lsp.server import NearlineServer

# Command to action; `runAction` takes the action's id from its argument, for the user's own ones.
COMMANDS = {
    "nearline.explain": "explain",
    "nearline.refactor": "refactor",
    "nearline.fix": "fix",
    "nearline.tests": "tests",
    "nearline.document": "document",
    "nearline.completeBody": "complete-body",
    "nearline.commitMessage": "commit-message",
    "nearline.review": "review",
    "nearline.ask": "ask",
    "nearline.followUp": FOLLOW_UP,
    "nearline.runAction": "",
}


def register(server: NearlineServer, window: ActionWindow) -> None:
    """Add the commands, and let a cancelled request end its command."""
    for name, action in COMMANDS.items():
        server.command(name)(_command(server, window, action))
    _make_cancellable(server)


def _command(server: NearlineServer, window: ActionWindow, action: str) -> Any:
    async def applied_at_once(answered: Answered) -> Outcome:
        if answered.subject is None:
            return answered.outcome()
        there, trouble = await applied(server, answered.subject, answered.result, answered.action.title)
        return answered.outcome(applied=there, trouble=trouble)

    async def command(*arguments: Any) -> dict[str, Any]:
        try:
            asked = read(action, arguments)
        except Refused as refused:
            return window.failed(action, str(refused)).record()
        return (await window.carry_out(asked, applied_at_once)).record()

    return command


def _make_cancellable(server: NearlineServer) -> None:
    """Behind pygls' own handler, a generator, a command goes on when its request is cancelled, and stops a shutdown."""
    features = server.protocol.fm
    builtin = features.builtin_features[types.WORKSPACE_EXECUTE_COMMAND]

    async def execute(params: types.ExecuteCommandParams) -> Any:
        # pygls checks the command and its arguments, and then says what to call.
        handler, args, kwargs = next(builtin(params))
        result = handler(*args, **(kwargs or {}))
        return await result if inspect.isawaitable(result) else result

    features.add_builtin_feature(types.WORKSPACE_EXECUTE_COMMAND, execute)
