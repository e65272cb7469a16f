"""The typing path in its order: what is known already, a running request, the model. The cursor is drawn as ║."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nearline_router.errors import EndpointUnavailable
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Infill, Priority
from nearline_server.completion.completer import Completer
from nearline_server.completion.place import Place
from tests.waiting import until

from .asking import HERE, begin, ended, press
from .conftest import SETTINGS
from .places import drawn


async def test_a_new_place_is_asked_of_the_model(completer: Completer, model: Scripted) -> None:
    """What nobody knows yet the model says, and the answer tells the times and the tokens."""
    model.enqueue("foo", "(1)")
    answer = await completer.complete(HERE)

    assert (answer.text, answer.found, answer.reason) == ("foo(1)", "model", "")
    assert {"gate", "lookup", "context", "model", "trim", "queue"} == set(answer.stages_ms)
    assert answer.ttft_ms is not None
    assert 0 < answer.ttft_ms <= answer.total_ms
    assert answer.usage is not None


async def test_typing_along_needs_no_request(completer: Completer, model: Scripted) -> None:
    """The rest of what is shown is shown, key by key; where the model itself ended the line, it ends."""
    model.enqueue("foo(1)")
    await completer.complete(HERE)
    place, rests = HERE, []
    for key in ("f", "o", "o(1", ")"):
        place = press(completer, place, key)
        answer = await completer.complete(place, last_change="insert")
        rests.append((answer.text, answer.found, len(model.history)))

    assert rests == [
        ("oo(1)", "type-through", 1),
        ("o(1)", "type-through", 1),
        (")", "type-through", 1),
        ("", "cache", 1),
    ]


async def test_at_the_end_of_what_a_rule_cut_off_the_model_is_asked_for_more(
    completer: Completer, model: Scripted
) -> None:
    """It had not ended by itself."""
    model.enqueue("foo(1)\n", "y")
    model.enqueue(" + 2")
    await completer.complete(HERE)
    answer = await completer.complete(press(completer, HERE, "foo(1)"), last_change="insert")

    assert (answer.text, answer.found, len(model.history)) == (" + 2", "model", 2)


async def test_the_same_place_again_is_answered_from_the_cache(completer: Completer, model: Scripted) -> None:
    """Also after a typing slip and its deletion, when the model is not asked."""
    model.enqueue("foo(1)")
    await completer.complete(HERE)
    again = await completer.complete(HERE)
    press(completer, HERE, "y")
    deleted = await completer.complete(HERE, last_change="delete")

    assert (again.text, again.found, deleted.text, deleted.found) == ("foo(1)", "cache", "foo(1)", "cache")
    assert len(model.history) == 1


async def test_after_a_deletion_the_model_is_left_alone(completer: Completer, model: Scripted) -> None:
    """Between two deletions there is nothing to go on from."""
    answer = await completer.complete(HERE, last_change="delete")

    assert (answer.text, answer.found, answer.reason) == ("", "none", "after_delete")
    assert model.history == []


async def test_a_running_request_that_still_fits_is_joined(completer: Completer, model: Scripted) -> None:
    """Typed on while the model thinks: its answer minus what was typed, from the one request."""
    thinking = asyncio.Event()
    model.enqueue(thinking, "foo(1)")
    first = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    second = begin(completer, press(completer, HERE, "fo"), last_change="insert")
    overtaken = await ended(first)
    thinking.set()
    joined = await ended(second)

    assert (overtaken.text, overtaken.found, overtaken.reason) == ("", "none", "overtaken")
    assert (joined.text, joined.found, len(model.history)) == ("o(1)", "join", 1)


@pytest.mark.parametrize("said", ["bar(1)", "f"])
async def test_a_joined_request_that_does_not_go_on_is_asked_anew(
    completer: Completer, model: Scripted, said: str
) -> None:
    """When the model says another text than the user has typed, or no more than that, it is asked where the user
    is now, in the same request's time.
    """
    thinking = asyncio.Event()
    model.enqueue(thinking, said)
    model.enqueue("oo(1)")
    first = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    second = begin(completer, press(completer, HERE, "f"), last_change="insert")
    await ended(first)
    thinking.set()
    answer = await ended(second)

    assert (answer.text, answer.found, len(model.history)) == ("oo(1)", "model", 2)
    assert model.most_inside == 1


async def test_a_joined_request_that_fails_is_not_asked_anew(completer: Completer, model: Scripted) -> None:
    """An endpoint that is in trouble gets no second request at once."""
    thinking = asyncio.Event()
    model.enqueue(thinking, EndpointUnavailable("gone"))
    first = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    second = begin(completer, press(completer, HERE, "f"), last_change="insert")
    await ended(first)
    thinking.set()
    answer = await ended(second)

    assert (answer.text, answer.reason, len(model.history)) == ("", "gone", 1)


async def test_nothing_to_add_is_remembered_too(completer: Completer, model: Scripted) -> None:
    """A place of which the model has nothing to say is not asked about again."""
    model.enqueue("\n")
    first, second = await completer.complete(HERE), await completer.complete(HERE)

    assert (first.text, first.found, first.reason) == ("", "model", "nothing to add")
    assert (second.text, second.found, second.reason) == ("", "cache", "nothing to add")
    assert len(model.history) == 1


async def test_nothing_known_is_shown_in_front_of_another_text(completer: Completer, model: Scripted) -> None:
    """When what follows the cursor has changed, the old answer does not count."""
    model.enqueue("foo(1)")
    model.enqueue("bar")
    await completer.complete(HERE)
    answer = await completer.complete(drawn("x = ║\nz = 4\n", version=2))

    assert (answer.text, answer.found) == ("bar", "model")


async def test_the_request_is_the_text_around_the_cursor(completer: Completer, model: Scripted) -> None:
    """A line while typing: with its budget, its size, its class, and the key that a newer one replaces it by."""
    await completer.complete(HERE)
    request = model.history[0]

    assert Infill("", "x = ", "\nz = 3\n", "a.py", "python", multiline=False) == request.prompt
    assert (SETTINGS.budget_ms, SETTINGS.max_line_tokens) == (request.latency_budget_ms, request.max_output_tokens)
    assert (request.priority, request.supersedes) == (Priority.TYPING, "typing")


async def test_an_invocation_has_its_own_budget_and_asks_for_a_block(completer: Completer, model: Scripted) -> None:
    """Who asks by hand waits longer and gets more."""
    completer.settings = SETTINGS.model_copy(update={"invoked_budget_ms": 30_000.0})
    await completer.complete(HERE, invoked=True)
    request = model.history[0]

    assert isinstance(request.prompt, Infill)
    assert (30_000.0, SETTINGS.max_block_tokens) == (request.latency_budget_ms, request.max_output_tokens)
    assert request.prompt.multiline is True


async def test_blocks_can_be_switched_off(completer: Completer, model: Scripted) -> None:
    """With `multiline` off an answer is a line, wherever it is asked for."""
    completer.settings = SETTINGS.model_copy(update={"multiline": False})
    model.enqueue("foo\nbar")
    answer = await completer.complete(drawn("def f():\n    ║"), invoked=True)

    assert (answer.text, model.history[0].max_output_tokens) == ("foo", SETTINGS.max_line_tokens)


@pytest.mark.parametrize(
    ("changes", "place", "reason"),
    [
        ({"enabled": False}, HERE, "disabled"),
        ({"disabled_languages": frozenset({"python"})}, HERE, "disabled_language"),
        ({}, drawn(" \n║"), "nothing_typed"),
        ({}, drawn("fo║o"), "mid_word"),
        ({}, drawn("x = ║\n\0"), "binary"),
    ],
)
async def test_what_the_gate_refuses_is_not_asked(
    completer: Completer, model: Scripted, changes: dict[str, Any], place: Place, reason: str
) -> None:
    """The answer is empty and says why; nothing reaches the model."""
    completer.settings = SETTINGS.model_copy(update=changes)
    answer = await completer.complete(place)

    assert (answer.text, answer.found, answer.reason) == ("", "none", reason)
    assert model.history == []


async def test_an_answer_names_the_request_that_made_it(completer: Completer, model: Scripted) -> None:
    """Typing along it is the same one, and how much was typed of it; at another place it is another one."""
    model.enqueue("foo(1)")
    model.enqueue("bar")
    first = await completer.complete(HERE)
    along = await completer.complete(press(completer, HERE, "fo"))
    other = await completer.complete(drawn("y = ║\n"))

    assert [(answer.text, answer.begun_chars) for answer in (first, along, other)] == [
        ("foo(1)", 0), ("o(1)", 2), ("bar", 0),
    ]  # fmt: skip
    assert (first.request, other.request) == tuple(request.id for request in model.history)
    assert along.request == first.request
    assert first.request != other.request
