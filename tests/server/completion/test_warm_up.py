"""Prompts are read before they are asked for: in idle time, in pieces, and never in the user's way."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from nearline_router.errors import EndpointUnavailable
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Chunk, Chunks, Infill, Priority, RoutingRequest, Usage
from nearline_server.completion.place import Place
from nearline_server.completion.warm_up import COLD_START_MS, PIECE_MS, SHORTEST_PIECE_CHARS, WarmUp
from nearline_server.completion.window import CHARS_PER_TOKEN, wide_window
from tests.waiting import until

from .conftest import StandIn
from .places import drawn, typed

# More than a cold start affords, less than a wide window holds.
LONG = drawn("x = 1\n" * 300 + "def f():\n    y = ║\n")


class Reading(Scripted):
    """Scripted, with warm-ups that end when they are let."""

    def __init__(self) -> None:
        super().__init__("local")
        self.let = asyncio.Event()
        self.let.set()
        self.error: Exception | None = None

    async def stream(self, request: RoutingRequest) -> Chunks:
        self.history.append(request)
        self.inside += 1
        try:
            await self.let.wait()
            if self.error:
                raise self.error
            yield Chunk("", "stop")
        finally:
            self.inside -= 1


class Idle:
    """A warm-up over a model that reads, and the prompts that it was given."""

    def __init__(self) -> None:
        self.model = Reading()
        self.router = StandIn(self.model)
        self.warm_up = WarmUp(self.router)  # type: ignore[arg-type]

    def read(self) -> list[Infill]:
        return [request.prompt for request in self.model.history if isinstance(request.prompt, Infill)]

    async def end(self) -> None:
        """Until idle work has ended, which it does by itself."""
        await until(lambda: self.warm_up._task is None or self.warm_up._task.done(), "idle work to end")

    def window_chars(self, place: Place) -> int:
        infill = self.warm_up.infill(place, False)
        return len(infill.prefix) + len(infill.middle) + len(infill.suffix)


@pytest.fixture
def idle() -> Idle:
    return Idle()


def test_a_cold_place_gets_what_can_be_read_at_once(idle: Idle) -> None:
    """The first prompt is as long as the measured speed affords, and no longer."""
    affordable = idle.router.speed.affordable_tokens(COLD_START_MS) * CHARS_PER_TOKEN
    assert affordable / 2 < idle.window_chars(LONG) <= affordable

    for _ in range(20):
        idle.router.speed.observe(Usage(evaluated_tokens=1_000, prefill_ms=500))
    fast = Idle()
    fast.router.speed = idle.router.speed
    assert fast.window_chars(LONG) == 6 * 300 + len("def f():\n    y = \n")


def test_from_key_to_key_the_window_stays(idle: Idle) -> None:
    """A prompt begun narrow is not widened in the typing path, however fast the model turns out to be."""
    first = idle.warm_up.infill(LONG, False)
    idle.router.speed.observe(Usage(evaluated_tokens=1_000, prefill_ms=10))
    then = idle.warm_up.infill(typed(LONG, "z"), True)

    assert (first.prefix, first.suffix) == (then.prefix, then.suffix)
    assert (f"{first.middle}z", True) == (then.middle, then.multiline)


async def test_idle_time_widens_the_window(idle: Idle) -> None:
    """In growing pieces of the prefix, the whole prompt last, which is then the one in use."""
    narrow = idle.window_chars(LONG)
    idle.warm_up.schedule(LONG, 0.0)
    await idle.end()
    prompts = idle.read()
    wide = wide_window(LONG)

    assert wide.infill(LONG) == prompts[-1]
    assert idle.warm_up.infill(LONG, False) == prompts[-1]
    assert len(prompts) > 3
    assert all(longer.prefix.startswith(shorter.prefix) for shorter, longer in itertools.pairwise(prompts))
    assert narrow < idle.window_chars(LONG)


async def test_pieces_are_as_short_as_a_keystroke_may_wait(idle: Idle) -> None:
    """No piece takes longer to read than the piece time, but for one that has to end at a line's end."""
    idle.warm_up.schedule(LONG, 0.0)
    await idle.end()
    ends = [len(prompt.prefix) for prompt in idle.read()]
    longest = max(SHORTEST_PIECE_CHARS, idle.router.speed.affordable_tokens(PIECE_MS) * CHARS_PER_TOKEN)

    assert max(after - before for before, after in zip([0, *ends], ends, strict=False)) <= longest + len("x = 1\n")


async def test_idle_work_is_last_in_the_queue_and_generates_nothing(idle: Idle) -> None:
    """Every request of it says so."""
    idle.warm_up.schedule(LONG, 0.0)
    await idle.end()

    assert {(Priority.WARM_UP, True, 0)} == {
        (request.priority, request.warm_up, request.max_output_tokens) for request in idle.model.history
    }


async def test_with_nothing_to_gain_nothing_is_read(idle: Idle) -> None:
    """Once the window in use is the wide one, idle time stays idle."""
    idle.warm_up.schedule(LONG, 0.0)
    await idle.end()
    read = len(idle.read())
    idle.warm_up.schedule(typed(LONG, "z"), 0.0)
    await idle.end()

    assert read == len(idle.read())


async def test_a_keystroke_stops_further_pieces(idle: Idle) -> None:
    """The piece being read is read to its end, no other is begun, and the window in use stays."""
    before = idle.warm_up.infill(LONG, False)
    idle.model.let.clear()
    idle.warm_up.schedule(LONG, 0.0)
    await until(lambda: idle.model.inside, "the model to read")
    idle.warm_up.interrupt()
    idle.model.let.set()
    await until(lambda: not idle.model.inside, "the model to be free")
    await idle.end()

    assert len(idle.read()) == 1
    assert before == idle.warm_up.infill(LONG, False)


async def test_idle_time_has_to_come_first(idle: Idle) -> None:
    """Interrupted before its delay is over, idle work does not begin."""
    idle.warm_up.schedule(LONG, 60.0)
    idle.warm_up.schedule(typed(LONG, "z"), 60.0)
    idle.warm_up.interrupt()
    await idle.end()

    assert idle.read() == []


async def test_a_failure_ends_it_quietly(idle: Idle) -> None:
    """An endpoint that is away leaves the window as it was."""
    before = idle.warm_up.infill(LONG, False)
    idle.model.error = EndpointUnavailable("gone")
    idle.warm_up.schedule(LONG, 0.0)
    await idle.end()

    assert len(idle.read()) == 1
    assert before == idle.warm_up.infill(LONG, False)


async def test_a_closed_document_is_forgotten(idle: Idle) -> None:
    """Opened again it begins cold."""
    idle.warm_up.schedule(LONG, 0.0)
    await idle.end()
    wide = idle.window_chars(LONG)
    idle.warm_up.forget(LONG.uri)

    assert idle.window_chars(LONG) < wide


async def test_at_the_end_nothing_goes_on(idle: Idle) -> None:
    """Closing ends the piece that is being read too."""
    idle.model.let.clear()
    idle.warm_up.schedule(LONG, 0.0)
    await until(lambda: idle.model.inside, "the model to read")
    await idle.warm_up.aclose()
    await until(lambda: not idle.model.inside, "the model to be free")

    assert len(idle.read()) == 1
