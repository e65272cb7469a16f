"""The next line is asked for before the user is there. The cursor is drawn as ║."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.errors import Superseded
from nearline_router.router import Router
from nearline_router.thermal.eagerness import eagerness_at
from nearline_router.thermal.heat import HeatLevel
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Chunk, Chunks, Infill, Priority, RoutingRequest
from nearline_server.completion.completer import Completer
from nearline_server.completion.place import Place
from nearline_server.completion.speculation import TAIL_CHARS, Way
from tests.waiting import until

from .asking import HERE, begin, ended, press
from .conftest import SETTINGS, StandIn, router_of
from .places import drawn, typed


class Away(StandIn):
    """A router that may not carry out what nobody asked for yet."""

    def __init__(self) -> None:
        self.model = Scripted("local")
        super().__init__(self.model)
        self.refused = False

    def stream(self, request: RoutingRequest) -> Chunks:
        if request.priority is Priority.SPECULATION:
            self.refused = True
            return self._nothing()
        return self.model.stream(request)

    async def _nothing(self) -> Chunks:
        yield Chunk("", "stop")


AHEAD = SETTINGS.model_copy(update={"speculation": True})


@pytest.fixture
async def completer(model: Scripted) -> AsyncIterator[Completer]:
    """One that asks ahead."""
    completer = Completer(router_of(model), AHEAD)
    yield completer

    await completer.aclose()


def entered(completer: Completer, place: Place, indentation: str = "") -> Place:
    """The place after the key that ends the line, of which the completer has been told."""
    below = drawn(f"{place.before}\n{indentation}║{place.after}", uri=place.uri, version=place.version + 1)
    completer.changed(below)
    return below


async def finished(completer: Completer, model: Scripted) -> Place:
    """The line `x = foo(1)`, taken from a suggestion, and the next line known."""
    await completer.complete(HERE)
    there = press(completer, HERE, "foo(1)")
    await completer.complete(there, last_change="insert")
    await until(lambda: len(model.history) == 2 and not model.inside, "the next line to be asked ahead")
    return there


async def test_the_next_line_stands_when_the_line_is_ended(completer: Completer, model: Scripted) -> None:
    """It was asked for at the end of the line before, with the lowest claim but one, for nobody who waits."""
    model.enqueue("foo(1)")
    model.enqueue("y = 2")
    below = entered(completer, await finished(completer, model))
    answer = await completer.complete(below, last_change="insert")

    assert (answer.text, answer.found, len(model.history)) == ("y = 2", "cache", 2)
    ahead = model.history[1]
    assert (ahead.priority, ahead.task) == (Priority.SPECULATION, "speculate")
    assert isinstance(ahead.prompt, Infill)
    assert ahead.prompt.prefix + ahead.prompt.middle == "x = foo(1)\n"
    assert ahead.prompt.suffix == "\nz = 3\n"


async def test_the_indentation_that_an_editor_makes_is_part_of_the_suggestion(
    completer: Completer, model: Scripted
) -> None:
    """The model says the line from its beginning on, and the cursor may stand behind its indentation."""
    model.enqueue("foo(1)")
    model.enqueue("    y = 2")
    below = entered(completer, await finished(completer, model), "    ")

    answer = await completer.complete(below, last_change="insert")

    assert (answer.text, answer.found) == ("y = 2", "cache")


async def test_another_indentation_is_asked_anew(completer: Completer, model: Scripted) -> None:
    """What was said does not fit there."""
    model.enqueue("foo(1)")
    model.enqueue("y = 2")
    model.enqueue("return")
    below = entered(completer, await finished(completer, model), "    ")

    answer = await completer.complete(below, last_change="insert")

    assert (answer.text, answer.found, len(model.history)) == ("return", "model", 3)


async def test_typing_along_lets_it_go_on(completer: Completer, model: Scripted) -> None:
    """Keys on the way to the next line need no model, and one request for it is enough."""
    saying = asyncio.Event()
    model.enqueue("foo(1)")
    model.enqueue(saying, "y = 2")
    await completer.complete(HERE)
    place = HERE
    for key in ("f", "o", "o"):
        place = press(completer, place, key)
        await completer.complete(place, last_change="insert")
    await until(lambda: model.inside, "the next line to be asked ahead")
    for key in ("(", "1", ")"):
        place = press(completer, place, key)
        await completer.complete(place, last_change="insert")
    saying.set()
    await until(lambda: not model.inside, "it to be said")

    answer = await completer.complete(entered(completer, place), last_change="insert")

    assert (answer.text, len(model.history), model.closed_early) == ("y = 2", 2, 0)


async def test_another_text_frees_the_model(completer: Completer, model: Scripted) -> None:
    """The user goes elsewhere, and the next keystroke finds nothing in its way."""
    model.enqueue("foo(1)")
    model.enqueue("never ", asyncio.Event())
    model.enqueue("r()")
    await completer.complete(HERE)
    place = press(completer, HERE, "f")
    await completer.complete(place, last_change="insert")
    await until(lambda: model.inside, "the next line to be asked ahead")
    answer = await ended(begin(completer, press(completer, place, "a"), last_change="insert"))

    assert (answer.text, answer.found, model.closed_early, model.most_inside) == ("r()", "model", 1, 1)


@pytest.mark.parametrize("indentation", ["", "    "])
async def test_one_that_still_runs_is_joined_at_the_next_line(
    completer: Completer, model: Scripted, indentation: str
) -> None:
    """What it says goes on where the user is, behind the indentation that the editor made too."""
    saying = asyncio.Event()
    model.enqueue("foo(1)")
    model.enqueue(saying, f"{indentation}y = 2")
    await completer.complete(HERE)
    there = press(completer, HERE, "foo(1)")
    await completer.complete(there, last_change="insert")
    await until(lambda: model.inside, "the next line to be asked ahead")
    asked = begin(completer, entered(completer, there, indentation), last_change="insert")
    saying.set()
    answer = await ended(asked)

    assert (answer.text, answer.found, len(model.history)) == ("y = 2", "join", 2)


async def test_where_nobody_may_be_asked_ahead_the_user_is_answered_all_the_same() -> None:
    """A router that carries nothing out has not said that there is nothing to add."""
    model, away = Scripted("local"), Away()
    model.enqueue("foo(1)")
    model.enqueue("y = 2")
    away.model = model
    completer = Completer(cast(Router, away), AHEAD)
    await completer.complete(HERE)
    there = press(completer, HERE, "foo(1)")
    await completer.complete(there, last_change="insert")
    await until(lambda: away.refused, "the next line to be asked ahead")
    answer = await completer.complete(entered(completer, there), last_change="insert")

    assert (answer.text, answer.found) == ("y = 2", "model")
    await completer.aclose()


async def test_one_that_gives_way_is_asked_anew_for_who_waits_for_it(completer: Completer, model: Scripted) -> None:
    """The user has joined it, and somebody more urgent has ended it."""
    ending = asyncio.Event()
    model.enqueue("foo(1)")
    model.enqueue(ending, Superseded("ended for a keystroke"))
    model.enqueue("y = 2")
    await completer.complete(HERE)
    there = press(completer, HERE, "foo(1)")
    await completer.complete(there, last_change="insert")
    await until(lambda: model.inside, "the next line to be asked ahead")
    asked = begin(completer, entered(completer, there), last_change="insert")
    ending.set()
    answer = await ended(asked)

    assert (answer.text, answer.found, len(model.history)) == ("y = 2", "model", 3)


async def test_where_text_follows_on_the_line_nothing_is_asked_ahead(completer: Completer, model: Scripted) -> None:
    """A line end would tear the line apart."""
    model.enqueue("1")
    here = drawn("x = foo(║)\nz = 3\n")
    await completer.complete(here)
    await completer.complete(press(completer, here, "1"), last_change="insert")
    await asyncio.sleep(0)

    assert len(model.history) == 1


async def test_in_a_language_that_is_switched_off_nothing_is_asked_or_read_ahead(model: Scripted) -> None:
    """Also where the user has asked by hand."""
    model.enqueue("foo(1)")
    off = AHEAD.model_copy(update={"disabled_languages": frozenset({"python"})})
    completer = Completer(router_of(model), off)
    await completer.complete(HERE, invoked=True)
    await completer.complete(press(completer, HERE, "foo(1)"), last_change="insert", invoked=True)
    completer.focused(HERE)
    for _ in range(20):
        await asyncio.sleep(0)

    assert [request.task for request in model.history] == ["complete", "complete"]
    await completer.aclose()


@pytest.mark.parametrize("why", ["hot", "setting"])
async def test_it_can_be_left_out(model: Scripted, why: str) -> None:
    """By the user, and when the machine is hot or somebody else's."""
    model.enqueue("foo(1)")
    router = router_of(model)
    if why == "hot":
        cast(StandIn, router).eagerness = eagerness_at(HeatLevel.HOT)
    completer = Completer(router, SETTINGS if why == "setting" else AHEAD)
    await completer.complete(HERE)
    await completer.complete(press(completer, HERE, "foo(1)"), last_change="insert")
    await asyncio.sleep(0)

    assert len(model.history) == 1
    await completer.aclose()


async def test_closing_the_document_ends_it(completer: Completer, model: Scripted) -> None:
    """Nobody goes there any more."""
    model.enqueue("foo(1)")
    model.enqueue("never ", asyncio.Event())
    await completer.complete(HERE)
    await completer.complete(press(completer, HERE, "foo(1)"), last_change="insert")
    await until(lambda: model.inside, "the next line to be asked ahead")
    completer.closed(HERE.uri)
    await until(lambda: not model.inside, "the model to be free")

    assert model.closed_early == 1


@given(st.text("ab", max_size=80), st.text("ab", max_size=10), st.text("ab", max_size=12))
def test_a_way_passes_only_what_begins_like_it(before: str, text: str, said: str) -> None:
    """Whoever types a part of the text is on the way, and nobody else."""
    origin = drawn(f"{before}║\n")
    there = typed(origin, said)
    way = Way(origin, text + "\n")

    whole, tail = text + "\n", before[-TAIL_CHARS:]
    passes = whole.startswith(said) or (tail + whole[: len(said)]) == (before + said)[-len(tail + said) :]
    assert way.left(there) == (whole[len(said) :] if passes and len(said) <= len(whole) else None)
    assert way.end.before == before + whole
