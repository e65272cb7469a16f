"""The one argument of the commands for actions, read by hand: any client, and any user's key binding, may send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lsprotocol import types


class Refused(Exception):
    """What was asked for cannot be done; the text is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One action that a client asks for.

    `range` None is the whole document. `version` is the document's when the range was chosen, None if the client did
    not say. `run_id` is the client's own name of this run. `pin` is an endpoint's id, `diff` what a commit message
    is for.
    """

    action: str
    uri: str = ""
    range: types.Range | None = None
    version: int | None = None
    instruction: str = ""
    diagnostics: tuple[types.Diagnostic, ...] = ()
    run_id: str = ""
    pin: str | None = None
    diff: str = ""


def read(action: str, arguments: tuple[Any, ...]) -> Asked:
    """From a command's arguments. Raises Refused for what is not of the documented form."""
    sent = arguments[0] if arguments else {}
    if len(arguments) > 1 or not isinstance(sent, Mapping):
        raise Refused("the command takes one object")
    try:
        return Asked(
            action or _text(sent, "action"),
            _text(sent, "uri"),
            _range(sent["range"]) if sent.get("range") is not None else None,
            _number(sent["version"]) if sent.get("version") is not None else None,
            _text(sent, "instruction").strip(),
            tuple(_diagnostic(one) for one in sent.get("diagnostics") or ()),
            _text(sent, "id"),
            _text(sent, "pin") or None,
            _text(sent, "diff"),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise Refused(f"the command's argument is wrong: {error}") from None


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name)
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be a string")
    return value or ""


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("lines, characters and versions must be whole numbers")
    return value


def _range(sent: Mapping[str, Any]) -> types.Range:
    return types.Range(_position(sent["start"]), _position(sent["end"]))


def _position(sent: Mapping[str, Any]) -> types.Position:
    return types.Position(max(0, _number(sent["line"])), max(0, _number(sent["character"])))


def _diagnostic(sent: Mapping[str, Any]) -> types.Diagnostic:
    code = sent.get("code")
    return types.Diagnostic(
        _range(sent["range"]),
        _text(sent, "message"),
        code=code if isinstance(code, int | str) else None,
        source=_text(sent, "source") or None,
    )
