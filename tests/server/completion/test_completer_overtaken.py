"""The typing path when the user goes on, or something is wrong: everybody is answered, the model is free."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from nearline_router.errors import EndpointBusy, EndpointMalformed, EndpointRefused, EndpointUnavailable
from nearline_router.transports.scripted import Scripted
from nearline_server.completion.completer import Completer
from tests.waiting import until

from .asking import HERE, SOON, begin, ended, press
from .conftest import SETTINGS
from .places import drawn

ELSEWHERE = drawn("y = ║\n", uri="file:///project/b.py")


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
    completer.changed(drawn("q║", uri="file:///project/other.py"))
    completer.closed("file:///project/other.py")
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
        "found", "reason", "ttft_ms", "total_ms", "stages_ms", "evaluated_tokens", "cached_tokens", "output_tokens",
        "prefill_ms", "decode_ms",
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


async def test_where_the_user_went_while_the_model_was_busy_is_read_when_it_is_free(
    completer: Completer, model: Scripted
) -> None:
    """And not the place that they left."""
    busy = asyncio.Event()
    model.enqueue("foo", busy)
    waiting = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    completer.focused(ELSEWHERE)
    busy.set()
    await ended(waiting)
    await until(lambda: len(model.history) == 2, "the other document to be read")

    assert model.history[1].warm_up
    assert model.history[1].document == ELSEWHERE.uri


@pytest.mark.parametrize("then", ["types", "closes"])
async def test_who_went_on_from_there_is_not_read_for(completer: Completer, model: Scripted, then: str) -> None:
    """They type again, or have closed the document that they looked at."""
    busy = asyncio.Event()
    model.enqueue("foo", busy)
    waiting = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    completer.focused(ELSEWHERE)
    if then == "types":
        press(completer, HERE, "f")
    else:
        completer.closed(ELSEWHERE.uri)
    busy.set()
    await ended(waiting)
    await until(lambda: not model.inside, "the model to be free")
    for _ in range(20):
        await asyncio.sleep(0)

    assert len(model.history) == 1


async def test_at_the_end_nothing_goes_on(completer: Completer, model: Scripted) -> None:
    """Closing the typing path frees the model."""
    model.enqueue(asyncio.Event())
    waiting = begin(completer, HERE)
    await until(lambda: model.inside, "the model to be asked")
    await completer.aclose()
    await ended(waiting)
    await until(lambda: not model.inside, "the model to be free")

    assert model.closed_early == 1
