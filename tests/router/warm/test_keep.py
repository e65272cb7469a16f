"""When connections are kept warm: on a virtual clock, without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx2
import pytest

from nearline_router.warm.background import Background
from nearline_router.warm.keep import ACTIVE_S, INTERVAL_S, LATELY_S, KeepWarm
from tests.waiting import settle


class Warmth:
    """Something to keep warm, and the time: `warmed_s` are the moments at which it was."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.warmed_s: list[float] = []
        self.error: Exception | None = None
        self.background = Background()
        self.keep = KeepWarm(self._warm, self.background, lambda: self.now_s, self._sleep)
        self._sleeping: list[tuple[float, asyncio.Future[None]]] = []

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, and everything happen that is due by then."""
        await settle()
        end_s = self.now_s + seconds
        while due := [sleep for sleep in self._sleeping if sleep[0] <= end_s]:
            first = min(due, key=lambda sleep: sleep[0])
            self._sleeping.remove(first)
            self.now_s = first[0]
            first[1].set_result(None)
            await settle()
        self.now_s = end_s

    async def _warm(self) -> None:
        self.warmed_s.append(self.now_s)
        if self.error:
            raise self.error

    async def _sleep(self, seconds: float) -> None:
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleeping.append((self.now_s + seconds, wake))
        await wake


@pytest.fixture
async def warmth() -> AsyncIterator[Warmth]:
    """Cold, and nobody there."""
    warmth = Warmth()
    yield warmth
    await warmth.background.aclose()


async def test_nothing_is_warmed_before_somebody_is_there(warmth: Warmth) -> None:
    """An endpoint in the configuration is no reason to ask it."""
    await warmth.advance(ACTIVE_S)

    assert warmth.warmed_s == []


async def test_the_first_touch_warms_at_once(warmth: Warmth) -> None:
    """And the second does not warm again."""
    warmth.keep.touch()
    await warmth.advance(1)
    warmth.keep.touch()
    await warmth.advance(1)

    assert warmth.warmed_s == [0]


async def test_it_is_asked_every_30_s_for_as_long_as_somebody_is_there(warmth: Warmth) -> None:
    """One touch counts for five minutes."""
    warmth.keep.touch()
    await warmth.advance(3600)

    assert warmth.warmed_s == [n * INTERVAL_S for n in range(int(ACTIVE_S / INTERVAL_S))]


async def test_touches_keep_it_going(warmth: Warmth) -> None:
    """Somebody who types all the time is there all the time."""
    for _ in range(40):
        warmth.keep.touch()
        await warmth.advance(INTERVAL_S / 2)

    assert warmth.warmed_s == [n * INTERVAL_S for n in range(21)]


async def test_the_touch_after_a_pause_warms_at_once(warmth: Warmth) -> None:
    """Who comes back after an hour finds a cold connection, and types a moment later."""
    warmth.keep.touch()
    await warmth.advance(3600)
    warmth.warmed_s.clear()

    warmth.keep.touch()
    await warmth.advance(1)

    assert warmth.warmed_s == [3600]


async def test_a_request_counts_as_a_warm_up(warmth: Warmth) -> None:
    """It opens the connection itself, and the next warm-up is due 30 s after its end."""
    with warmth.keep.in_use():
        await warmth.advance(1)
    await warmth.advance(INTERVAL_S + 1)

    assert warmth.warmed_s == [1 + INTERVAL_S]


async def test_nothing_is_asked_while_a_request_runs(warmth: Warmth) -> None:
    """A server that does one thing at a time would not answer, and be taken for dead."""
    with warmth.keep.in_use():
        await warmth.advance(ACTIVE_S - 1)

    assert warmth.warmed_s == []


async def test_an_unanswered_request_lets_the_connection_be_tried(warmth: Warmth) -> None:
    """A network that is gone says nothing, and somebody who types all the time never leaves 30 s of quiet."""
    with warmth.keep.in_use():
        pass
    await warmth.advance(10)

    for _ in range(3):
        with suppress(TimeoutError), warmth.keep.in_use():
            raise TimeoutError
        await warmth.advance(1)

    assert warmth.warmed_s == [10]


async def test_a_request_that_is_left_in_the_middle_of_its_answer_raises_no_doubts(warmth: Warmth) -> None:
    """That is every second keystroke."""
    for _ in range(3):
        await warmth.advance(10)
        with suppress(TimeoutError), warmth.keep.in_use():
            warmth.keep.answered()
            raise TimeoutError

    assert warmth.warmed_s == []


async def test_a_failure_is_tried_again_in_its_time(warmth: Warmth) -> None:
    """And raised to nobody."""
    warmth.error = httpx2.ConnectError("refused")

    warmth.keep.touch()
    await warmth.advance(2 * INTERVAL_S)

    assert warmth.warmed_s == [0, INTERVAL_S, 2 * INTERVAL_S]


async def test_a_connection_that_was_used_is_replaced_at_once(warmth: Warmth) -> None:
    """Without waiting for its turn."""
    with warmth.keep.in_use():
        await warmth.advance(1)

    warmth.keep.reopen()
    await warmth.advance(0)

    assert warmth.warmed_s == [1]


async def test_an_unused_one_is_replaced_after_a_gap(warmth: Warmth) -> None:
    """A server that closes every quiet connection at once is not asked without end."""
    warmth.keep.touch()
    await warmth.advance(LATELY_S - 1)
    warmth.keep.reopen()
    await warmth.advance(1)
    assert warmth.warmed_s == [0]

    warmth.keep.reopen()
    await warmth.advance(1)

    assert warmth.warmed_s == [0, LATELY_S]


async def test_nothing_is_replaced_when_nobody_is_there(warmth: Warmth) -> None:
    """The next touch does it."""
    with warmth.keep.in_use():
        pass
    await warmth.advance(3600)
    warmth.warmed_s.clear()

    warmth.keep.reopen()
    await warmth.advance(1)

    assert warmth.warmed_s == []
