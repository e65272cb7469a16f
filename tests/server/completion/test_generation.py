"""One running request: it fills a suggestion, stops early, and frees the model when it is told to."""

from __future__ import annotations

import asyncio

import pytest

from nearline_router.admission import Admission
from nearline_router.errors import EndpointUnavailable
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Infill, RoutingRequest
from nearline_server.completion.generation import Generation
from nearline_server.completion.memory import Suggestion
from nearline_server.completion.shape import trim_context
from tests.waiting import until

from .conftest import StandIn, router_of
from .places import drawn

REQUEST = RoutingRequest(Infill("", "x = ", "", "a.py", "python"), 32)


class Run:
    """A generation at `x = ║`, and how often it said that it had ended."""

    def __init__(self, model: Scripted, router: StandIn | None = None) -> None:
        place = drawn("x = ║\n")
        self.ended: list[Generation] = []
        self.suggestion = Suggestion(place, trim_context(place, multiline=False))
        self.generation = Generation(
            router_of(model) if router is None else router,  # type: ignore[arg-type]
            REQUEST,
            self.suggestion,
            self.ended.append,
        )

    async def end(self) -> None:
        await asyncio.wait({self.generation.task})


async def test_it_takes_what_the_model_says(model: Scripted) -> None:
    """At its end the suggestion is whole, with the usage and the times, and the end is told once."""
    model.enqueue("foo", "(1)")
    run = Run(model)
    await run.end()

    assert (run.suggestion.raw, run.suggestion.running, run.generation.whole) == ("foo(1)", False, True)
    assert [run.generation] == run.ended
    assert run.generation.usage is not None
    assert run.generation.usage.evaluated_tokens == 1
    assert (run.generation.queued_ms is not None, run.generation.first_text_ms is not None) == (True, True)


async def test_it_stops_where_the_answer_ends(model: Scripted) -> None:
    """At the end of the line the model is freed, whatever else it would have said."""
    model.enqueue("foo\n", asyncio.Event(), "bar")
    run = Run(model)
    await run.end()

    assert (run.suggestion.raw, run.generation.whole) == ("foo\n", True)
    assert (model.inside, model.closed_early) == (0, 1)


async def test_a_failure_is_kept_and_not_raised(model: Scripted) -> None:
    """An endpoint that fails leaves a suggestion that is not whole, and its error."""
    error = EndpointUnavailable("gone")
    model.enqueue("fo", error)
    run = Run(model)
    await run.end()

    assert (run.generation.error, run.generation.whole, run.suggestion.running) == (error, False, False)
    assert [run.generation] == run.ended


async def test_while_it_waits_it_is_closed_at_once(model: Scripted) -> None:
    """What never left the queue never reaches the model."""
    held = asyncio.Event()
    model.enqueue(held)
    router = StandIn(model)
    first = Run(model, router)
    await until(lambda: model.inside, "the model to be asked")
    second = Run(model, router)
    second.generation.close()
    await second.end()
    held.set()
    await first.end()

    assert (len(model.history), second.generation.whole, first.generation.whole) == (1, False, True)


async def test_while_the_model_reads_it_is_closed_behind_the_reading(model: Scripted) -> None:
    """A server reads a prompt to its end anyway; the stream is left at its first text."""
    reading = asyncio.Event()
    model.enqueue(reading, "foo", asyncio.Event())
    run = Run(model)
    await until(lambda: model.inside, "the model to be asked")
    run.generation.close()
    assert run.generation.task.cancelling() == 0
    reading.set()
    await run.end()

    assert (run.generation.whole, model.closed_early, model.inside) == (False, 1, 0)


async def test_while_text_flows_it_is_closed_at_once(model: Scripted) -> None:
    """The model is freed without waiting for its next token, however often it is asked for."""
    model.enqueue("foo", asyncio.Event(), "bar")
    run = Run(model)
    await until(lambda: run.suggestion.raw, "the first text")
    run.generation.close()
    run.generation.close()
    await run.end()

    assert (run.generation.whole, model.closed_early, model.inside) == (False, 1, 0)
    assert [run.generation] == run.ended


@pytest.mark.parametrize(("heard", "again"), [(False, True), (True, False)])
async def test_closing_can_be_taken_back_while_the_model_reads(model: Scripted, heard: bool, again: bool) -> None:
    """Until the first text a generation can be wanted again, and then becomes whole."""
    held = asyncio.Event()
    model.enqueue(*["foo"] * heard, held, "bar")
    run = Run(model)
    await until(lambda: run.suggestion.raw if heard else model.inside, "the model to be at it")
    run.generation.close()
    wanted = run.generation.wanted_again("")
    held.set()
    await run.end()

    assert (again, again) == (wanted, run.generation.whole)
    assert ("foo" if heard else "bar") == run.suggestion.raw


@pytest.mark.parametrize(
    ("typed", "whole", "raw"), [("fo", True, "foobar"), ("fx", False, "foo"), ("foob", True, "foobar")]
)
async def test_it_ends_where_it_goes_another_way_than_the_user(
    model: Scripted, typed: str, whole: bool, raw: str
) -> None:
    """What was typed since it was asked is what it has to say, or the model is free for another request."""
    reading = asyncio.Event()
    model.enqueue(reading, "foo", "bar")
    run = Run(model)
    await until(lambda: model.inside, "the model to be asked")
    run.generation.wanted_again(typed)
    reading.set()
    await run.end()

    assert (whole, raw) == (run.generation.whole, run.suggestion.raw)


async def test_a_queued_one_that_was_superseded_says_so() -> None:
    """The newer request of the same key takes its place in the queue."""
    model = Scripted("local")
    held = asyncio.Event()
    model.enqueue(held)
    admission = Admission(model, 1)
    request = RoutingRequest("", 1, supersedes="typing")
    place = drawn("x = ║")

    def begin() -> Generation:
        suggestion = Suggestion(place, trim_context(place, multiline=False))
        return Generation(admission, request, suggestion, lambda _: None)  # type: ignore[arg-type]

    running = begin()
    await until(lambda: model.inside, "the model to be asked")
    older, newer = begin(), begin()
    await asyncio.wait({older.task})
    held.set()
    await asyncio.wait({running.task, newer.task})

    assert type(older.error).__name__ == "Superseded"
    assert (running.whole, older.whole, newer.whole) == (True, False, True)
