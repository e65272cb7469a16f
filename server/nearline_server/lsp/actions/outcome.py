"""What became of an action, for the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from nearline_server.actions.values import Action, Result, Subject


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a client is told in the end; `edit` is for who applies it by themselves."""

    text: str = ""
    endpoint: str = ""
    model: str = ""
    applied: bool = False
    note: str = ""
    cut: bool = False
    edit: types.WorkspaceEdit | None = None

    def record(self) -> dict[str, Any]:
        """The result of a command."""
        return {name: getattr(self, name) for name in ("text", "endpoint", "model", "applied", "note", "cut")}


@dataclass(frozen=True, slots=True)
class Answered:
    """An action that has its answer."""

    action: Action
    subject: Subject | None
    result: Result

    def outcome(self, *, applied: bool = False, edit: types.WorkspaceEdit | None = None, trouble: str = "") -> Outcome:
        """The answer and what became of it."""
        result = self.result
        note = " ".join(part for part in (trouble, result.note) if part)
        return Outcome(result.text, result.endpoint, result.model, applied, note, result.cut, edit)
