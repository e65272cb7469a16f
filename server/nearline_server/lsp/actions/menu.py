"""`textDocument/codeAction`: the menu, of which nothing is asked of a model, and `codeAction/resolve`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from nearline_server.lsp.actions import commands as action_commands
from nearline_server.lsp.actions.arguments import Refused, read
from nearline_server.lsp.actions.outcome import Answered, Outcome
from nearline_server.lsp.actions.window import ActionWindow
from nearline_server.lsp.actions.workspace_edit import fitted
from nearline_server.lsp.server import NearlineServer

if TYPE_CHECKING:
    from nearline_server.actions.values import Action

# What the built-in actions are; a user's own may be of other kinds.
KINDS = (types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, "refactor.tests")
RUN_ACTION = "nearline.runAction"
COMMAND_OF = {action: command for command, action in action_commands.COMMANDS.items() if action}
NOTHING_TO_FIX = "There is no problem here to fix."
# A title is one line of a menu.
MOST_TITLE_CHARS = 60
MOST_FIXES = 10


def register(server: NearlineServer) -> None:
    """Add the menu, and with it the commands."""
    window = ActionWindow(server)
    action_commands.register(server, window)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(KINDS, resolve_provider=True))
    def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        if server.session is None or params.text_document.uri not in server.documents:
            return []
        found = list(_menu(server, window, params))
        # Editors ask by themselves at every step of the cursor, to draw a light bulb.
        if found and params.context.trigger_kind != types.CodeActionTriggerKind.Automatic:
            window.warm()
        return found

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        async def with_edit(answered: Answered) -> Outcome:
            assert answered.subject is not None  # noqa: S101 (the menu is of a document)
            there = await fitted(server, answered.subject, answered.result, answered.action.title)
            return answered.outcome(edit=there.edit, trouble=there.note)

        try:
            asked = read("", (action.data,))
        except Refused:  # an item of somebody else's
            return action
        action.edit = (await window.carry_out(asked, with_edit)).edit
        return action


def _menu(server: NearlineServer, window: ActionWindow, params: types.CodeActionParams) -> Iterator[types.CodeAction]:
    only = params.context.only
    for action in window.actions:
        if action.anywhere or not _wanted(action.kind, only):
            continue
        if not action.needs_diagnostics:
            yield _item(server, action, params, action.title)
        elif params.context.diagnostics:
            yield from _fixes(server, action, params)
        elif _can(server).disabled_support:
            yield types.CodeAction(action.title, action.kind, disabled=types.CodeActionDisabled(NOTHING_TO_FIX))


def _fixes(server: NearlineServer, action: Action, params: types.CodeActionParams) -> Iterator[types.CodeAction]:
    """One for each problem, and one for all of them if there are several."""
    found = params.context.diagnostics
    if len(found) > 1:
        yield _item(server, action, params, action.title, found)
    for diagnostic in found[:MOST_FIXES]:
        title = f"{'Fix' if action.id == 'fix' else action.title}: {_short(diagnostic.message)}"
        item = _item(server, action, params, title, (diagnostic,))
        if len(found) == 1 and action.id == "fix":
            item.is_preferred = True
        yield item


def _item(
    server: NearlineServer,
    action: Action,
    params: types.CodeActionParams,
    title: str,
    mends: Sequence[types.Diagnostic] | None = None,
) -> types.CodeAction:
    """What runs when it is chosen: by resolving it where that gives an edit, else by a command.

    A command it is too where there may be an instruction: a client that has the command can ask its user for one.
    """
    item = types.CodeAction(title, action.kind, diagnostics=mends)
    argument = _argument(server, action, params, mends or params.context.diagnostics)
    if action.output != "text" and not action.takes_instruction and _resolves_edits(server):
        item.data = argument
    else:
        item.command = types.Command(title, COMMAND_OF.get(action.id, RUN_ACTION), arguments=[argument])
    return item


def _argument(
    server: NearlineServer, action: Action, params: types.CodeActionParams, diagnostics: Sequence[types.Diagnostic]
) -> dict[str, Any]:
    uri = params.text_document.uri
    argument = {
        "action": action.id,
        "uri": uri,
        "version": server.documents[uri].version,
        "range": _plain(params.range),
    }
    if action.needs_diagnostics or action.template:
        argument["diagnostics"] = [
            {"range": _plain(one.range), "message": one.message, "source": one.source, "code": one.code}
            for one in diagnostics
        ]
    return argument


def _plain(range_: types.Range) -> dict[str, dict[str, int]]:
    start, end = range_.start, range_.end
    return {
        "start": {"line": start.line, "character": start.character},
        "end": {"line": end.line, "character": end.character},
    }


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Kinds are a tree whose root is the empty one."""
    return only is None or any(one in ("", kind) or kind.startswith(f"{one}.") for one in only)


def _short(message: str) -> str:
    line = message.strip().partition("\n")[0]
    return line if len(line) <= MOST_TITLE_CHARS else f"{line[: MOST_TITLE_CHARS - 1]}…"


def _resolves_edits(server: NearlineServer) -> bool:
    options = _can(server).resolve_support
    return options is not None and "edit" in options.properties


def _can(server: NearlineServer) -> types.CodeActionClientCapabilities:
    documents = server.client_capabilities.text_document
    return (documents.code_action if documents else None) or types.CodeActionClientCapabilities()
