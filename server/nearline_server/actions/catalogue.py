"""What can be asked for: the actions that ship, and users' own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from nearline_server.actions.custom import CustomAction
from nearline_server.actions.values import Action

# Kinds after LSP's CodeActionKind. What only reads has the empty kind and not `source`, for editors run what is of
# that kind on save if they are told to. Tests are made beside the code, which no `refactor.rewrite` does.
# Limits leave most of an 8,192-token context to the prompt; a longer answer is continued by who asks.
BUILT_IN: tuple[Action, ...] = (
    Action("explain", "Explain", "", "text", "explain", "complex"),
    Action("refactor", "Refactor…", "refactor.rewrite", "edit", "refactor", "complex", 2048, takes_instruction=True),
    Action("fix", "Fix problems", "quickfix", "edit", "fix", "complex", 2048, needs_diagnostics=True),
    Action("tests", "Write tests", "refactor.tests", "new-file", "tests", "complex", 2048),
    Action("document", "Document", "refactor.rewrite.document", "edit", "document", "complex", 2048),
    Action(
        "complete-body", "Complete this body", "refactor.rewrite.complete", "edit", "complete-body", "complex", 2048
    ),
    Action("commit-message", "Write commit message", "", "text", "commit-message", "routine", 256, anywhere=True),
    Action("review", "Review", "", "text", "review", "complex"),
    Action("ask", "Ask…", "", "text", "ask", "complex", takes_instruction=True, anywhere=True),
)
# Fit for a command line and a key of YAML.
ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
# An id is a task too, and these are the typing path's.
TAKEN = frozenset({"complete", "warm-up"}) | {action.id for action in BUILT_IN}


def all_actions(custom: Mapping[str, Any]) -> tuple[tuple[Action, ...], list[str]]:
    """The built-in actions, then those of the configuration's block `actions`, in its order.

    The second value has a sentence for each entry, or value of one, that is wrong; such an action is left out.
    """
    actions, complaints = list(BUILT_IN), list[str]()
    for id, entry in custom.items():
        if wrong := _wrong(id, entry):
            complaints.append(f"actions.{id}: {wrong}")
            continue
        try:
            actions.append(CustomAction.model_validate(entry).action(id))
        except ValidationError as error:
            complaints += _sentences(id, error)
    return tuple(actions), complaints


def find(actions: Iterable[Action], id: str) -> Action | None:
    """The action of this id."""
    return next((action for action in actions if action.id == id), None)


def _wrong(id: str, entry: Any) -> str:
    if not ID.fullmatch(id):
        return "an id has small letters, digits and hyphens, at most 40, and begins with a letter"
    if id in TAKEN:
        return "Nearline has something of this name; choose another id"
    return "" if isinstance(entry, Mapping) else "an action has a title and a prompt"


def _sentences(id: str, error: ValidationError) -> list[str]:
    """A place and what is wrong there; never the value itself."""
    problems = error.errors(include_input=False, include_url=False)
    places = (".".join(map(str, ("actions", id, *problem["loc"]))) for problem in problems)
    return [
        f"{place}: {problem['msg'].removeprefix('Value error, ')}"
        for place, problem in zip(places, problems, strict=True)
    ]
