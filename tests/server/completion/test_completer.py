"""The typing path as a whole, over a model that plays a script. The cursor is drawn as ║."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from nearline_router.errors import EndpointBusy, EndpointMalformed, EndpointRefused, EndpointUnavailable
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Infill, Priority
from nearline_server.completion.completer import Answer, Completer
from nearline_server.completion.place import Place
from tests.waiting import until

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


# --- what is asked first -------------------------------------------------------------------------------------


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
    """The rest of what is shown is shown, key by key, and then the model is asked for more."""
    model.enqueue("foo(1)")
    model.enqueue(" + 2")
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
        (" + 2", "model", 2),
    ]


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


# --- the request ---------------------------------------------------------------------------------------------


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


# --- the deadline --------------------------------------------------------------------------------------------


async def test_at_the_deadline_the_answer_is_what_there_is(
    completer: Completer, model: Scripted, late: list[Place]
) -> None:
    """The tokens until then are shown, the rest comes in the background, is announced and can be had."""
    completer.settings = SOON
    rest = asyncio.Event()
    model.enqueue("foo", "(", rest, "1)")
    cut = await completer.complete(HERE)
    assert late == []
    rest.set()
    await until(lambda: late, "more to be known")
    whole = await completer.complete(HERE)

    assert (cut.text, cut.found, cut.reason) == ("foo(", "model", "")
    assert (whole.text, whole.found, [HERE]) == ("foo(1)", "cache", late)
    assert (len(model.history), model.closed_early) == (1, 0)


async def test_at_the_deadline_there_may_be_nothing(completer: Completer, model: Scripted, late: list[Place]) -> None:
    """Then the answer is empty and says so, and what comes later is announced all the same."""
    completer.settings = SOON
    thinking = asyncio.Event()
    model.enqueue(thinking, "foo")
    answer = await completer.complete(HERE)
    thinking.set()
    await until(lambda: late, "more to be known")

    assert (answer.text, answer.found, answer.reason, answer.ttft_ms) == ("", "model", "deadline", None)
    assert late == [HERE]


async def test_the_budget_counts_from_the_requests_arrival(completer: Completer, model: Scripted) -> None:
    """What was spent before the typing path was reached is spent."""
    thinking = asyncio.Event()
    model.enqueue(thinking, "foo")
    completer.settings = SETTINGS
    long_ago = asyncio.get_running_loop().time() - 100
    answer = await asyncio.wait_for(completer.complete(HERE, arrived_s=long_ago), DEADLINE_S)

    assert (answer.text, answer.reason) == ("", "deadline")
    assert answer.total_ms > 60_000


async def test_a_trigger_by_hand_waits_longer_than_one_by_typing(completer: Completer, model: Scripted) -> None:
    """Of two requests for the same running answer the impatient one goes empty."""
    completer.settings = SOON
    thinking = asyncio.Event()
    model.enqueue(thinking, "foo")
    automatic = await completer.complete(HERE)
    invoked = begin(completer, HERE, invoked=True)
    await asyncio.sleep(0)
    thinking.set()

    assert (automatic.text, automatic.reason) == ("", "deadline")
    assert (await ended(invoked)).text == "foo"


async def test_nothing_late_is_announced_when_there_is_nothing(
    completer: Completer, model: Scripted, late: list[Place]
) -> None:
    """An answer that turns out empty, or fails, is not worth a second look."""
    completer.settings = SOON
    for script in ("\n", EndpointUnavailable("gone")):
        thinking = asyncio.Event()
        model.enqueue(thinking, script)
        await completer.complete(HERE)
        thinking.set()
        await until(lambda: not model.inside, "the model to be free")

    assert late == []


async def test_text_that_is_shown_while_it_grows_is_announced_when_it_is_whole(
    completer: Completer, model: Scripted, late: list[Place]
) -> None:
    """Typing along an unfinished answer shows its beginning at once, and asks nobody again."""
    completer.settings = SOON
    rest = asyncio.Event()
    model.enqueue("foo", rest, "(1)")
    await completer.complete(HERE)
    place = press(completer, HERE, "f")
    along = await completer.complete(place, last_change="insert")
    rest.set()
    await until(lambda: late, "more to be known")

    assert (along.text, along.found, len(model.history)) == ("oo", "type-through", 1)
    assert [place] == late


async def test_a_late_answer_is_announced_where_it_was_last_asked_for(
    completer: Completer, model: Scripted, late: list[Place]
) -> None:
    """Who typed on while the model was silent is told at the new place, once."""
    completer.settings = SOON
    thinking = asyncio.Event()
    model.enqueue(thinking, "foo")
    await completer.complete(HERE)
    place = press(completer, HERE, "f")
    joined = await completer.complete(place, last_change="insert")
    thinking.set()
    await until(lambda: late, "more to be known")

    assert (joined.text, joined.found, joined.reason) == ("", "join", "deadline")
    assert [place] == late


# --- the user goes on ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "interrupt",
    [
        lambda completer: completer.changed(drawn("q║\n", version=2)),
        lambda completer: completer.closed(HERE.uri),
    ],
    ids=["changed", "closed"],
)
async def test_whoever_waits_is_answered_at_once(
    completer: Completer, model: Scripted, interrupt: Callable[[Completer], None]
) -> None:
    """When the document changes or closes, the pending request is answered empty and the model let go."""
    thinking = asyncio.Event()
    model.enqueue(thinking, "foo")
    waiting = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    interrupt(completer)
    answer = await ended(waiting)
    thinking.set()
    await until(lambda: not model.inside, "the model to be free")

    assert (answer.text, answer.found, answer.reason) == ("", "none", "overtaken")
    assert model.closed_early == 1


async def test_a_newer_request_answers_the_older(completer: Completer, model: Scripted) -> None:
    """Also when the newer one needs no model: a cursor that has moved on takes no old answer."""
    model.enqueue("known")
    elsewhere = drawn("y = ║\n")
    await completer.complete(elsewhere)
    model.enqueue(asyncio.Event(), "foo")
    older = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    newer = await completer.complete(elsewhere)

    assert ((await ended(older)).reason, newer.text) == ("overtaken", "known")


async def test_a_change_in_another_document_disturbs_nobody(completer: Completer, model: Scripted) -> None:
    """Who waits in one file goes on waiting while another one is edited."""
    thinking = asyncio.Event()
    model.enqueue(thinking, "foo")
    waiting = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    completer.changed(drawn("q║", uri="file:///work/other.py"))
    completer.closed("file:///work/other.py")
    thinking.set()

    assert (await ended(waiting)).text == "foo"


async def test_a_generation_that_no_longer_fits_is_ended(completer: Completer, model: Scripted) -> None:
    """Text that contradicts what the model is saying frees it while it speaks."""
    completer.settings = SOON
    model.enqueue("foo", asyncio.Event())
    await completer.complete(HERE)
    press(completer, HERE, "b")
    await until(lambda: not model.inside, "the model to be free")

    assert model.closed_early == 1


async def test_a_generation_that_still_fits_goes_on(completer: Completer, model: Scripted) -> None:
    """Text that the model has just said costs it nothing."""
    completer.settings = SOON
    rest = asyncio.Event()
    model.enqueue("foo", rest, "(1)")
    await completer.complete(HERE)
    press(completer, HERE, "fo")
    rest.set()
    await until(lambda: not model.inside, "the model to be free")

    assert model.closed_early == 0


async def test_cancelling_frees_the_model(completer: Completer, model: Scripted) -> None:
    """The editor's cancel ends the wait at once and the stream with it."""
    model.enqueue("foo", asyncio.Event())
    waiting = begin(completer, HERE)
    await until(lambda: completer._running and completer._running.suggestion.raw, "the first text")
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    await until(lambda: not model.inside, "the model to be free")

    assert (waiting.cancelled(), model.closed_early) == (True, 1)


async def test_asking_again_after_a_cancel_takes_up_the_reading(completer: Completer, model: Scripted) -> None:
    """While the model still reads the prompt the cancelled answer can be had after all."""
    reading = asyncio.Event()
    model.enqueue(reading, "foo")
    first = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    first.cancel()
    await asyncio.wait({first})
    second = begin(completer, HERE)
    await asyncio.sleep(0)
    reading.set()
    answer = await ended(second)

    assert (answer.text, answer.found, len(model.history)) == ("foo", "join", 1)


async def test_asking_again_after_a_cancel_does_not_join_what_was_cut(completer: Completer, model: Scripted) -> None:
    """An answer that was cut in its middle is asked for anew, not shown as if it were whole."""
    model.enqueue("fo", asyncio.Event())
    model.enqueue("foo(1)")
    first = begin(completer, HERE)
    await until(lambda: completer._running and completer._running.suggestion.raw, "the first text")
    first.cancel()
    await asyncio.wait({first})
    answer = await completer.complete(HERE)

    assert (answer.text, len(model.history)) == ("foo(1)", 2)


async def test_only_the_newest_of_many_keys_reaches_the_model(completer: Completer, model: Scripted) -> None:
    """While the model is busy the keys wait outside, and the last is the one that is asked next."""
    busy = asyncio.Event()
    model.enqueue(busy, "0")
    model.enqueue("9")
    tasks, place = [], HERE
    for key in "abcdefgh":
        tasks.append(begin(completer, place))
        await until(lambda: model.inside, "the model to be asked")
        place = drawn(f"{key} ║\n", version=place.version + 1)
        completer.changed(place)
    tasks.append(begin(completer, place))
    await asyncio.sleep(0)
    busy.set()
    answers = [await ended(task) for task in tasks]

    assert [answer.reason for answer in answers[:-1]] == ["overtaken"] * 8
    assert (answers[-1].text, len(model.history), model.most_inside) == ("9", 2, 1)


async def test_a_closed_document_is_forgotten(completer: Completer, model: Scripted) -> None:
    """Opened again, it is asked about again."""
    model.enqueue("foo")
    model.enqueue("bar")
    await completer.complete(HERE)
    completer.closed(HERE.uri)
    answer = await completer.complete(HERE)

    assert (answer.text, answer.found) == ("bar", "model")


# --- when something is wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [EndpointUnavailable, EndpointBusy, EndpointRefused, EndpointMalformed])
async def test_an_endpoints_failure_is_an_empty_answer(
    completer: Completer, model: Scripted, kind: type[Exception]
) -> None:
    """It says why, it is not remembered, and the next request is asked as if nothing had been."""
    model.enqueue(kind("local: no luck"))
    model.enqueue("foo")
    failed, answer = await completer.complete(HERE), await completer.complete(HERE)

    assert (failed.text, failed.found, failed.reason) == ("", "none", "local: no luck")
    assert (answer.text, answer.found) == ("foo", "model")


async def test_a_stream_that_breaks_is_not_remembered(completer: Completer, model: Scripted) -> None:
    """What came before the break may be shown once; the next request is asked anew."""
    model.enqueue("fo", EndpointUnavailable("gone"))
    model.enqueue("foo(1)")
    broken, answer = await completer.complete(HERE), await completer.complete(HERE)

    assert broken.text in ("", "fo")
    assert (answer.text, answer.found) == ("foo(1)", "model")


async def test_the_record_of_an_answer_holds_no_text(completer: Completer, model: Scripted) -> None:
    """What is told about an answer, to the demo or to a log, is how it was found and what it took."""
    model.enqueue("secret")
    record = (await completer.complete(HERE)).record()

    assert {
        "found", "reason", "ttft_ms", "total_ms", "stages_ms", "evaluated_tokens", "cached_tokens", "output_tokens"
    } == set(record)  # fmt: skip
    assert "secret" not in repr(record)


async def test_a_resting_cursor_warms_the_prompt(completer: Completer, model: Scripted) -> None:
    """Before anything is asked the model reads, unless suggestions are switched off or it is at work."""
    completer.settings = SETTINGS.model_copy(update={"enabled": False})
    completer.focused(HERE)
    await asyncio.sleep(0)
    assert model.history == []
    completer.settings = SETTINGS
    completer.focused(HERE)
    await until(lambda: model.history, "a request")

    assert [request.warm_up for request in model.history] == [True]


async def test_at_the_end_nothing_goes_on(completer: Completer, model: Scripted) -> None:
    """Closing the typing path frees the model."""
    model.enqueue(asyncio.Event())
    waiting = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    await completer.aclose()
    await ended(waiting)
    await until(lambda: not model.inside, "the model to be free")

    assert model.closed_early == 1
