"""The typist: types, takes what is right, counts what a user would have seen."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from lsprotocol import types

from nearline_server.demo.client import Client
from nearline_server.demo.replay import Replay, Seen
from nearline_server.demo.typist import Script
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from tests.waiting import until

Suggest = Callable[[str], str]


class Scripted(Client):
    """An editor whose server says what a function says of the text before the cursor."""

    def __init__(self, script: Script, suggest: Suggest, found: str = "model") -> None:
        self.document = Document("file:///a.py", "python", 1, Buffer(script.before + script.after))
        self.suggest, self.found = suggest, found
        self.held: asyncio.Event | None = None
        self.executed: list[types.Command] = []

    def insert(self, at: tuple[int, int], text: str) -> tuple[int, int]:
        self.document.version += 1
        return self.document.edit(at, at, text)

    async def ask(self, at: tuple[int, int]) -> tuple[types.InlineCompletionItem | None, float]:
        text = self.suggest(self.document.buffer.before(*at, 1_000))
        if self.held:
            await self.held.wait()
        command = types.Command("Accepted", "nearline.accept", arguments=[1, len(text)])
        return (types.InlineCompletionItem(text, command=command) if text else None), 5.0

    async def last_answer(self) -> dict[str, Any]:
        return {"found": self.found}

    async def execute(self, command: types.Command) -> Any:
        self.executed.append(command)


def replay(client: Client, script: Script, seen: list[Seen]) -> Replay:
    return Replay(client, script, itertools.repeat(0.0), seen.append)


async def test_what_is_right_is_taken() -> None:
    """One key instead of many, told to the server, and the text is the file's in the end."""
    script, seen = Script("x = ", "foo(1)\ny", "\n"), list[Seen]()
    client = Scripted(script, lambda before: "oo(1)" if before.endswith(" f") else "")
    tally = await replay(client, script, seen).run()

    assert client.document.buffer.text() == "x = foo(1)\ny\n"
    assert (tally.keys, tally.accepted, tally.saved_chars) == (4, 1, 4)
    assert [(what.event, what.ghost) for what in seen] == [("shown", "oo(1)"), ("accepted", "oo(1)")]
    assert len(client.executed) == 1


async def test_what_is_wrong_or_too_short_is_typed_over() -> None:
    """A suggestion that saves nothing, or is not what the file says, is only seen."""
    script = Script("", "abcd", "")
    client = Scripted(script, lambda before: "bc" if before == "a" else "wrong")
    tally = await replay(client, script, []).run()

    assert client.document.buffer.text() == "abcd"
    assert (tally.keys, tally.accepted, tally.suggestions, tally.found) == (4, 0, 4, {"model": 4})


async def test_the_rest_of_a_text_is_no_new_suggestion() -> None:
    """Typed through, it is counted as found so, and not as shown again."""
    script, seen = Script("", "abc", ""), list[Seen]()
    tally = await replay(Scripted(script, lambda _: "zz", "type-through"), script, seen).run()

    assert (tally.suggestions, tally.found) == (0, {"type-through": 3})
    assert {what.event for what in seen} == {"typed-through"}


async def test_an_answer_that_comes_too_late_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text for a version that is gone is counted, and never shown; an empty one is as it should be."""
    monkeypatch.setattr("nearline_server.demo.replay.WIRE_S", 0.0)
    for text, stale in (("late", 2), ("", 0)):
        script, seen = Script("", "abc", ""), list[Seen]()
        client = Scripted(script, lambda _, text=text: text)  # type: ignore[misc]
        client.held = asyncio.Event()
        playing = asyncio.create_task(replay(client, script, seen).run())
        await until(lambda: client.document.buffer.text() == "abc", "all to be typed")  # noqa: B023
        client.held.set()
        tally = await playing

        assert (tally.stale, len(tally.took_ms)) == (stale, 3)
        assert len(seen) == bool(text)


def test_the_figures_of_nothing_are_figures() -> None:
    """A replay in which nobody answered has a table too."""
    script = Script("", "", "")
    figures = replay(Scripted(script, lambda _: ""), script, []).tally.figures()

    assert (figures["keys"], figures["suggestions"], figures["stale"], figures["p50_ms"]) == (0, 0, 0, 0.0)
