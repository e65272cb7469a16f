"""Two ways to ask the model at a cursor, each on its own copy of the document: the server's and llama.vim's."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx2

from nearline_router.router import Router
from nearline_router.types import Usage
from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.settings import CompletionSettings
from nearline_server.demo.typist import Script
from nearline_server.documents.buffer import Buffer
from nearline_server.documents.document import Document
from tests.bench.documents import cursor
from tests.bench.stock_infill import Context

URI = "file:///bench.py"
# Long enough for every line to come whole, and no idle work while the other side has its turn.
PATIENT = CompletionSettings(
    budget_ms=60_000, invoked_budget_ms=60_000, idle_ms=60_000, multiline=False, speculation=False, reveal="at-once"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One key: `first_ms` to the first character that is not there yet, None when the model had nothing to say."""

    first_ms: float | None
    whole_ms: float
    evaluated_tokens: int
    prompt_tokens: int
    decoded_tokens: int


@dataclass(slots=True)
class Samples:
    """Those of one side."""

    of: list[Sample] = field(default_factory=list)

    @property
    def first_ms(self) -> list[float]:
        """Where the model said something."""
        return [sample.first_ms for sample in self.of if sample.first_ms is not None]

    @property
    def whole_ms(self) -> list[float]:
        """Of the same keys."""
        return [sample.whole_ms for sample in self.of if sample.first_ms is not None]

    @property
    def evaluated(self) -> list[float]:
        """Prompt tokens read anew."""
        return [sample.evaluated_tokens for sample in self.of]

    @property
    def decoded(self) -> list[float]:
        """Tokens the model said, with those that healing made it say again."""
        return [sample.decoded_tokens for sample in self.of if sample.first_ms is not None]


class Side(Protocol):
    """One way to ask for a completion at the cursor of its own copy of the document."""

    def type(self, key: str) -> None:
        """The user presses a key."""

    async def ask(self) -> Sample:
        """The model completes, whatever was said before."""


class Typed:
    """A document that is typed into."""

    def __init__(self, script: Script) -> None:
        self.document = Document(URI, "python", 1, Buffer(script.before + script.after))
        self.cursor = cursor(script.before)

    def type(self, key: str) -> None:
        """See Side."""
        self.document.version += 1
        self.cursor = self.document.edit(self.cursor, self.cursor, key)


class Ours(Typed):
    """The server's own typing path, with time enough."""

    def __init__(self, script: Script, router: Router) -> None:
        super().__init__(script)
        self.completer = Completer(router, PATIENT)

    async def warm(self) -> None:
        """What the server does when a file is opened: read the prompt."""
        self.completer.focused(self.document.place(*self.cursor))
        if reading := self.completer._warm_up._task:
            await reading

    async def ask(self) -> Sample:
        """See Side. What is remembered would answer some keys without the model; here every key asks it."""
        place = self.document.place(*self.cursor)
        self.completer._memory.forget_document(place.uri)
        return _sample(await self.completer.complete(place, last_change="insert"))


class Stock(Typed):
    """llama.vim's request."""

    def __init__(self, script: Script, http: httpx2.AsyncClient) -> None:
        super().__init__(script)
        self._http = http

    async def ask(self) -> Sample:
        """See Side."""
        start_s, first_s = time.perf_counter(), 0.0
        body = Context.at(self.document.buffer, self.cursor).single_line()
        timings: dict[str, Any] = {}
        async with self._http.stream("POST", "/infill", json=body) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    first_s = first_s or (time.perf_counter() if event["content"] else 0.0)
                    timings = event.get("timings", timings)
        whole_ms = (time.perf_counter() - start_s) * 1000
        first_ms = (first_s - start_s) * 1000 if first_s else None
        evaluated, cached = timings["prompt_n"], timings["cache_n"]
        return Sample(first_ms, whole_ms, evaluated, evaluated + cached, timings["predicted_n"])


def _sample(answer: Answer) -> Sample:
    usage, stages = answer.usage or Usage(), answer.stages_ms
    evaluated, cached = usage.evaluated_tokens or 0, usage.cached_tokens or 0
    before_asking_ms = sum(stages.get(stage, 0.0) for stage in ("gate", "lookup", "context"))
    first_ms = None if answer.ttft_ms is None else before_asking_ms + answer.ttft_ms
    return Sample(first_ms, answer.total_ms, evaluated, evaluated + cached, usage.output_tokens or 0)
