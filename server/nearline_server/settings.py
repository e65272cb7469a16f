"""Everything that can be set for the server, from file and editor, merged and checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from nearline_server.completion.settings import CompletionSettings


class Settings(BaseModel):
    """The tree of settings an editor may send, in `initializationOptions` or under the section `nearline`.

    There is nothing here that names a host, a key or a command: a workspace's settings are not trusted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    completion: CompletionSettings = CompletionSettings()


def read_settings(*layers: Mapping[str, Any] | None) -> tuple[Settings, list[str]]:
    """Settings from layers, later ones over earlier ones, and a sentence for each value that was left out."""
    merged: dict[str, Any] = {}
    for layer in layers:
        _merge(merged, layer or {})
    complaints: list[str] = []
    while True:
        try:
            return Settings.model_validate(merged), complaints
        except ValidationError as error:
            for problem in error.errors():
                # A list with several wrong elements is one wrong value.
                if _drop(merged, problem["loc"]):
                    name = ".".join(map(str, ("nearline", *problem["loc"])))
                    complaints.append(f"{name}: {problem['msg']}; using the default")


def _merge(into: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def _drop(tree: dict[str, Any], location: tuple[int | str, ...]) -> bool:
    """Remove the nearest named value at or above a location, and say whether it was there still."""
    *path, last = [step for step in location if isinstance(step, str)]
    for step in path:
        below = tree.get(step)
        if not isinstance(below, dict):
            return tree.pop(step, None) is not None
        tree = below
    return tree.pop(last, tree) is not tree
