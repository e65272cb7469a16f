"""The values that cross the router's seams: a request, the chunks of its answer, and what it used."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal, Protocol

Complexity = Literal["routine", "complex"]


class Priority(IntEnum):
    """Who goes first at an endpoint with a limited number of slots; lower goes first."""

    TYPING = 0
    ACTION = 1
    SPECULATION = 2
    WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of another file of the same workspace, by the path that it has there. Residency rules look at it too."""

    path: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Infill:
    """Code with a hole, in pieces that let an endpoint keep its prompt cache.

    `prefix` (before the anchor) and `suffix` (after the cursor) stay the same from keystroke to keystroke;
    `middle` is what stands between the anchor and the cursor and grows as the user types. The text of the
    document around the cursor is `prefix + middle` ║ `suffix`. `context` goes before all of it, where the model's
    family has a form for other files and the endpoint has room; otherwise it is left out.
    """

    prefix: str
    middle: str
    suffix: str
    path: str
    language: str
    multiline: bool = False
    context: tuple[Snippet, ...] = ()

    @property
    def alone(self) -> Infill:
        """The same hole without anything of other files."""
        return replace(self, context=())


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. `stable`: requests to come begin with everything up to here, so cache it."""

    role: Literal["user", "assistant"]
    text: str
    stable: bool = False


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation whose next turn is asked for; `system` may be empty."""

    system: str
    messages: tuple[Message, ...]


Prompt = str | Infill | Chat


@dataclass(frozen=True, slots=True)
class RoutingRequest:
    """One request for text. The first five field names are the reference design's.

    A `str` prompt is one user message to a chat endpoint and plain text to a completion endpoint.
    `latency_budget_ms` is the time to the first content, counted from the moment the user asked; None means that
    no deadline was set. `path` (as the workspace counts it), `language` and `workspace` (a folder) say what the
    text comes from, which residency rules look at; an Infill brings its own path and language.
    `document` keeps what is chosen by chance the same for one document.
    `supersedes` names what this request replaces in a queue: a newer one with the same key ends the older.
    `warm_up` asks an endpoint to read the prompt into its cache and generate nothing.
    `pin` is the id of the one endpoint that may answer, under all rules. `redact_secrets`: keys and passwords are
    replaced before the text reaches an endpoint that is not local; the router sets it where the configuration says so.
    `cost_centre` is who pays, None: by the configuration; `id` the asker's own name of the request, by which it finds
    it in the ledger, "": the router makes one.
    """

    prompt: Prompt
    max_output_tokens: int
    requires_data_sovereignty: bool = False
    latency_budget_ms: float | None = None
    complexity: Complexity | None = None
    task: str = "complete"
    priority: Priority = Priority.TYPING
    supersedes: str | None = None
    warm_up: bool = False
    path: str | None = None
    language: str | None = None
    workspace: str | None = None
    document: str | None = None
    pin: str | None = None
    redact_secrets: bool = False
    cost_centre: str | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one attempt used, as the endpoint itself reported it; None where it said nothing.

    `evaluated_tokens` are the prompt tokens computed anew, `cached_tokens` those found in the prompt cache;
    `cache_written_tokens` are those of the evaluated ones that were written to it, where that has a price of its own.
    """

    evaluated_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    prefill_ms: float | None = None
    decode_ms: float | None = None
    cache_written_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an answer. The last chunk of a stream has a `finish` and the `usage`.

    `finish`: `stop` (the model ended), `length` (the output limit), or None while the stream goes on.
    A chunk with `queued_ms` says that the request has left its queue for the endpoint, and how long it waited.
    A chunk with `endpoint` says who is asked from here on; there is another one after a fallback.
    """

    text: str = ""
    finish: Literal["stop", "length"] | None = None
    usage: Usage | None = None
    queued_ms: float | None = None
    endpoint: str | None = None


# An asynchronous iterator that is closed to end the work behind it.
Chunks = AsyncGenerator[Chunk, None]


class Endpoint(Protocol):
    """The one seam to a model. Fallback, admission, ledger and fakes are endpoints made of endpoints."""

    @property
    def id(self) -> str:
        """The endpoint's name in the configuration."""
        ...

    def stream(self, request: RoutingRequest) -> Chunks:
        """Answer piece by piece; closing the iterator early ends the work at the endpoint.

        Raises EndpointError. Nothing is sent before the first `__anext__`.
        """
        ...
