"""The typing path of a user who hardly ever takes what is suggested within a line."""

from __future__ import annotations

import pytest

from nearline_router.transports.scripted import Scripted
from nearline_server.completion.completer import Completer
from nearline_server.completion.kind import Kind
from nearline_server.completion.place import Place
from tests.waiting import until

from .asking import HERE, press
from .conftest import SETTINGS


@pytest.fixture(autouse=True)
def habit(completer: Completer) -> None:
    """Nothing of that kind was ever taken; the client asks again when it is told to."""
    completer.reveal.client_asks_again = True
    for _ in range(100):
        completer.reveal.habit.of(Kind.LINE_REST_SHORT).add(False)


async def test_it_is_asked_for_at_once_and_shown_at_rest(
    completer: Completer, model: Scripted, late: list[Place]
) -> None:
    """The model has said it long before; at rest it comes out of the memory."""
    model.enqueue("foo(1)")
    early = await completer.complete(HERE)
    await until(lambda: late, "the keyboard to rest")
    rested = await completer.complete(HERE)

    assert (early.text, early.found, early.reason) == ("", "model", "revealed at rest")
    assert (rested.text, rested.found, rested.reason, late) == ("foo(1)", "cache", "", [HERE])
    assert len(model.history) == 1


async def test_by_hand_it_is_shown(completer: Completer, model: Scripted) -> None:
    """Also what is held back already, and typing along it afterwards shows the rest."""
    model.enqueue("foo(1)")
    await completer.complete(HERE)
    invoked = await completer.complete(HERE, invoked=True)
    along = await completer.complete(press(completer, HERE, "f"), last_change="insert")

    assert (invoked.text, along.text, along.found) == ("foo(1)", "oo(1)", "type-through")


async def test_what_was_not_shown_is_not_typed_through(completer: Completer, model: Scripted) -> None:
    """In a word, which this user takes, it comes at once; but from the cache."""
    model.enqueue("foo(1)")
    await completer.complete(HERE)
    along = await completer.complete(press(completer, HERE, "f"), last_change="insert")

    assert (along.text, along.found) == ("oo(1)", "cache")


async def test_at_once_is_at_once(completer: Completer, model: Scripted) -> None:
    """By the setting."""
    completer.settings = SETTINGS.model_copy(update={"reveal": "at-once"})
    model.enqueue("foo(1)")

    assert (await completer.complete(HERE)).text == "foo(1)"
