"""Two requests against each other: when the second begins, who wins, and that the loser is ended."""

from __future__ import annotations

import asyncio

import pytest

from nearline_router.errors import EndpointUnavailable
from nearline_router.hedge import hedged
from nearline_router.transports.scripted import Scripted, Step
from tests.router.upstreams import REQUEST, heard
from tests.virtual_time import VirtualLoop

AFTER_MS = 400.0


def race(first: Scripted, second: Scripted) -> asyncio.Task[tuple[str, list[str], object]]:
    """What comes out of both."""
    chunks = hedged(first.stream(REQUEST), second.stream(REQUEST), AFTER_MS)
    return asyncio.create_task(heard(chunks))  # type: ignore[arg-type]


def pause(loop: VirtualLoop, seconds: float) -> asyncio.Event:
    """An event that happens by itself."""
    event = asyncio.Event()
    loop.call_later(seconds, event.set)
    return event


TABLE = [
    # first after, second after (from its own start), who is heard, seconds until the end
    (0.1, 0.1, "first", 0.1),
    (0.45, 0.2, "first", 0.45),
    (1.0, 0.2, "second", 0.6),
]


@pytest.mark.parametrize(("first_s", "second_s", "who", "end_s"), TABLE)
def test_the_first_content_wins(
    virtual_loop: VirtualLoop, first_s: float, second_s: float, who: str, end_s: float
) -> None:
    """The second one begins 400 ms later, and costs nothing where the first is in time."""

    async def run() -> None:
        first = Scripted("first", [pause(virtual_loop, first_s), "fir", "st"])
        second = Scripted("second", [pause(virtual_loop, second_s + AFTER_MS / 1000), "second"])
        start_s = virtual_loop.time()

        text, _, failure = await race(first, second)

        assert (text, failure) == (who, None)
        assert virtual_loop.time() - start_s == pytest.approx(end_s)
        assert len(second.history) == (first_s > AFTER_MS / 1000)
        assert first.inside == second.inside == 0

    virtual_loop.run_until_complete(run())


def test_the_loser_is_ended_before_the_winner_goes_on(virtual_loop: VirtualLoop) -> None:
    """It costs money."""

    async def run() -> None:
        hanging: list[Step] = [asyncio.Event()]
        first = Scripted("first", hanging)
        inside: list[int] = []
        chunks = hedged(first.stream(REQUEST), Scripted("second", ["a", "b"]).stream(REQUEST), AFTER_MS)
        async for chunk in chunks:
            inside += [first.inside] if chunk.text else []

        assert inside == [0, 0]

    virtual_loop.run_until_complete(run())


def test_a_first_one_that_fails_lets_the_second_begin_at_once(virtual_loop: VirtualLoop) -> None:
    """There is nothing to wait for."""

    async def run() -> None:
        start_s = virtual_loop.time()

        text, _, _ = await race(Scripted("first", [EndpointUnavailable("away")]), Scripted("second", ["ok"]))

        assert (text, virtual_loop.time()) == ("ok", start_s)

    virtual_loop.run_until_complete(run())


def test_a_second_one_that_fails_leaves_the_first_to_answer(virtual_loop: VirtualLoop) -> None:
    """However long that takes."""

    async def run() -> None:
        first = Scripted("first", [pause(virtual_loop, 5), "late"])

        assert (await race(first, Scripted("second", [EndpointUnavailable("away")])))[0] == "late"

    virtual_loop.run_until_complete(run())


def test_if_both_fail_the_failure_is_told(virtual_loop: VirtualLoop) -> None:
    """The second's, which came last."""

    async def run() -> None:
        first = Scripted("first", [EndpointUnavailable("one")])
        _, _, failure = await race(first, Scripted("second", [EndpointUnavailable("two")]))

        assert str(failure) == "two"

    virtual_loop.run_until_complete(run())


def test_leaving_ends_both(virtual_loop: VirtualLoop) -> None:
    """A cancel is a cancel."""

    async def run() -> None:
        first, second = Scripted("first", [asyncio.Event()]), Scripted("second", [asyncio.Event()])
        task = race(first, second)
        await asyncio.sleep(1)
        assert (first.inside, second.inside) == (1, 1)

        task.cancel()
        await asyncio.wait([task])

        assert (first.inside, second.inside) == (0, 0)

    virtual_loop.run_until_complete(run())
