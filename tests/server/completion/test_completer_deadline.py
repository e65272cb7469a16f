"""The typing path in its budget: what is shown at the deadline, and what becomes of the rest."""

from __future__ import annotations

import asyncio

from nearline_router.errors import EndpointUnavailable
from nearline_router.transports.scripted import Scripted
from nearline_server.completion.completer import Completer
from nearline_server.completion.place import Place
from tests.waiting import until

from .asking import HERE, SOON, begin, ended, press
from .conftest import DEADLINE_S, SETTINGS


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


async def test_who_waited_for_an_answer_that_went_astray_is_told_to_ask_again(
    completer: Completer, model: Scripted, late: list[Place]
) -> None:
    """Past the deadline the model turns out to say another text than was typed: it is free, and that is news."""
    completer.settings = SOON
    thinking = asyncio.Event()
    model.enqueue(thinking, "bar", asyncio.Event())
    model.enqueue("oo")
    await completer.complete(HERE)
    place = press(completer, HERE, "f")
    await completer.complete(place, last_change="insert")
    thinking.set()
    await until(lambda: late, "more to be known")
    answer = await completer.complete(place, last_change="insert")

    assert ([place], "oo", "model") == (late, answer.text, answer.found)
