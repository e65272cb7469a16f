"""Listens to the answer of an action, and has it continued where it was cut at the limit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_router.types import Chat, Chunk, Message, RoutingRequest, Usage

# Three times the tokens that an action is given; what is longer than that is rather a model that does not end.
MOST_CONTINUATIONS = 2
CONTINUE = (
    "Your answer was cut off at its limit. Continue exactly where you stopped, in the middle of the line if need be. "
    "Repeat nothing, add no comment and open no new code block."
)
ASTRAY = "What followed does not go on where the answer stopped."
FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*$", re.MULTILINE)


@dataclass(slots=True)
class Heard:
    """An answer as it came, continuations and all; tokens are None where no endpoint reported any.

    `cut`: it ended at the limit to the last. `trouble`: why it could not be continued.
    """

    text: str = ""
    endpoint: str = ""
    cut: bool = False
    trouble: str = ""
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    ttft_ms: float | None = None
    total_ms: float | None = None
    started_s: float = field(default_factory=time.perf_counter)
    usage: Usage | None = None

    def take(self, chunk: Chunk) -> None:
        """Take in what a chunk says beside its text."""
        self.endpoint = chunk.endpoint or self.endpoint
        if chunk.text and self.ttft_ms is None:
            self.ttft_ms = self._ms()
        if chunk.finish:
            self.cut, self.total_ms = chunk.finish == "length", self._ms()
        # What a provider says again and again is always of the whole request.
        self.usage = chunk.usage or self.usage

    def count(self) -> None:
        """A request of this answer has ended: add up what it used."""
        usage, self.usage = self.usage or Usage(), None
        if usage.evaluated_tokens is not None:
            self.input_tokens = _sum(self.input_tokens, usage.evaluated_tokens + (usage.cached_tokens or 0))
        self.cached_tokens = _sum(self.cached_tokens, usage.cached_tokens)
        self.output_tokens = _sum(self.output_tokens, usage.output_tokens)

    def _ms(self) -> float:
        return (time.perf_counter() - self.started_s) * 1000


async def heard(router: Router, request: RoutingRequest, on_text: Callable[[str], None]) -> Heard:
    """The whole answer; `on_text` is given each piece as it comes. Raises RouterError.

    An error in a continuation is none: what is there stays, and is said to be cut.
    """
    answer = Heard()
    answer.text = await _streamed(router, request, answer, on_text)
    for _ in range(MOST_CONTINUATIONS):
        # An answer without any text was all thinking; there is nothing to go on from.
        if not (answer.cut and answer.text.strip()):
            break
        try:
            more = await _streamed(router, continued(request, answer), answer, on_text)
        except RouterError as error:
            answer.trouble = str(error)
            break
        whole = joined(answer.text, more)
        if whole is None:
            answer.cut, answer.trouble = True, ASTRAY
            break
        answer.text = whole
    return answer


def continued(request: RoutingRequest, answer: Heard) -> RoutingRequest:
    """The request for the rest of an answer, to who gave its beginning: another model would begin anew."""
    chat = request.prompt
    assert isinstance(chat, Chat)  # noqa: S101 (an action asks in no other form)
    more = (Message("assistant", answer.text), Message("user", CONTINUE))
    return replace(request, prompt=replace(chat, messages=(*chat.messages, *more)), pin=answer.endpoint)


def joined(so_far: str, more: str) -> str | None:
    """An answer and its continuation; None where nobody can tell how they belong together.

    A code block that is open and is opened once more is opened once; one that begins again with the same line is a
    new answer in the old one's place.
    """
    opening = FENCE.match(more)
    inside = len(FENCE.findall(so_far)) % 2 == 1
    if opening and not _names_language(opening.group()) and inside and not so_far.endswith("\n"):
        # In the middle of a line it can end the block only if nothing else comes.
        return None if more[opening.end() :].strip() else f"{so_far}\n{more}"
    if not (opening and more[opening.end() : opening.end() + 1] == "\n" and _names_language(opening.group())):
        return so_far + more
    rest = more[opening.end() + 1 :]
    if _first_line(rest) in (_first_line(so_far[match.end() + 1 :]) for match in FENCE.finditer(so_far)):
        return more
    if not so_far.endswith("\n"):
        # In the middle of a line a block cannot go on as a block.
        return None if inside else f"{so_far}\n{more}"
    return so_far + (rest if inside else more)


def _first_line(code: str) -> str | None:
    """The first line with anything in it, None for code without one."""
    return next((line.strip() for line in code.split("\n") if line.strip()), None)


async def _streamed(router: Router, request: RoutingRequest, answer: Heard, on_text: Callable[[str], None]) -> str:
    pieces: list[str] = []
    try:
        async with aclosing(router.stream(request)) as chunks:
            async for chunk in chunks:
                answer.take(chunk)
                if chunk.text:
                    pieces.append(chunk.text)
                    on_text(chunk.text)
    finally:
        answer.count()
    return "".join(pieces)


def _names_language(fence: str) -> bool:
    # A bare fence may as well be the end of the block.
    return bool(fence.strip().strip("`~"))


def _sum(so_far: int | None, more: int | None) -> int | None:
    return so_far if more is None else (so_far or 0) + more
