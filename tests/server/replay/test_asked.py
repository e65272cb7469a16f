"""The server that counts: tokens until there is text to show, and until its line is whole."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any, cast

import pytest

from nearline_router.router import Router
from nearline_router.types import Chunk, Chunks, Infill, RoutingRequest, Usage
from nearline_server.completion import completer
from nearline_server.completion.memory import Suggestion
from nearline_server.completion.shape import trim_context
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from tests.bench.replay import asked
from tests.bench.replay.asked import CountedGeneration, Row


class Model:
    """Says one token after the other, each with the count so far, as llama.cpp does."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = tokens

    async def stream(self, _request: RoutingRequest) -> Chunks:
        for number, token in enumerate(self._tokens, 1):
            finish: Any = "stop" if number == len(self._tokens) else None
            yield Chunk(token, finish, Usage(evaluated_tokens=3, output_tokens=number))


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """What is counted in one test."""
    counted: list[Row] = []
    monkeypatch.setattr(asked, "_rows", counted)
    return counted


async def generated(model: Model, *, multiline: bool = False, task: str = "complete", leave: bool = False) -> None:
    place = Document("file:///a.py", "python", 1, Buffer("def f():\n    ")).place(1, 4)
    request = RoutingRequest(Infill("", "    ", "", "a.py", "python", multiline), 96, task=task)
    suggestion = Suggestion(place, trim_context(place, multiline))
    generation = CountedGeneration(cast(Router, model), request, suggestion, lambda _: None)
    if leave:
        generation.close()
    await asyncio.wait({generation.task})


async def test_healed_tokens_are_in_the_count_and_show_nothing(rows: list[Row]) -> None:
    """The first text comes with the second token here, the line is whole with the last one."""
    await generated(Model("", "value", " = one", " + two", ""))

    assert [(evaluated, line) for evaluated, _, line in rows] == [(3, 5)]
    assert 1 < rows[0][1] <= 3


async def test_the_first_line_of_a_block_is_whole_at_its_end(rows: list[Row]) -> None:
    """The block goes on, and its line stands."""
    await generated(Model("a = one()", "\n", "    b = two()", "\n", "    c = three()", ""), multiline=True)

    assert rows[0][2] == 2


async def test_a_request_that_nobody_wants_any_more_has_no_whole_line(rows: list[Row]) -> None:
    """It ends with its first text, however that goes on."""
    await generated(Model("value = one", " + two", " + three", ""), leave=True)

    assert all(line is None for _, _, line in rows)


async def test_what_no_key_asked_for_is_not_counted(rows: list[Row]) -> None:
    """Nor what ended with nothing to show."""
    await generated(Model("value", " = one", ""), task="speculate")
    await generated(Model("", ""))

    assert rows == []


def test_the_program_counts_where_the_server_generates() -> None:
    """What it puts itself in the place of is there, and the program knows the server's commands."""
    assert completer.Generation is CountedGeneration.__base__
    run = subprocess.run([sys.executable, "-P", asked.__file__, "--help"], capture_output=True, check=True)
    assert b"lsp" in run.stdout
