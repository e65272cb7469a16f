"""Asking the typing path, and typing on."""

from __future__ import annotations

import asyncio
from typing import Any

from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.place import Place

from .conftest import DEADLINE_S, SETTINGS
from .places import drawn, typed

HERE = drawn("x = ║\nz = 3\n")
# A deadline that passes while the script waits, and in which a scripted word comes on a busy machine too.
SOON = SETTINGS.model_copy(update={"budget_ms": 250.0})


def begin(completer: Completer, place: Place, **how: Any) -> asyncio.Task[Answer]:
    return asyncio.create_task(completer.complete(place, **how))


async def ended(task: asyncio.Task[Answer]) -> Answer:
    return await asyncio.wait_for(task, DEADLINE_S)


def press(completer: Completer, place: Place, key: str) -> Place:
    """Type a key: the place behind it, of which the completer has been told."""
    place = typed(place, key)
    completer.changed(place)
    return place
