"""Prompts are read before they are asked for: in idle time, in pieces, and never in the user's way."""

from __future__ import annotations

import asyncio
import itertools
import math

import pytest

from nearline_router.errors import EndpointUnavailable
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Chunk, Chunks, Infill, Priority, RoutingRequest, Snippet, Usage
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
        self.most = math.inf

    async def stream(self, request: RoutingRequest) -> Chunks:
        self.history.append(request)
        self.inside += 1
        try:
            await self.let.wait()
            if self.error:
                raise self.error
            if len(self.history) > self.most:
                raise EndpointUnavailable("away")
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

    async def widened(self) -> None:
        """After as much idle time as it takes."""
        self.warm_up.schedule(LONG, 0.0)
        await self.end()

    async def end(self) -> None:
        """Until idle work has ended, which it does by itself."""
        await until(lambda: self.warm_up._task is None or self.warm_up._task.done(), "idle work to end")

    def window_chars(self, place: Place) -> int:
        infill = self.warm_up.infill(place, False)
        return len(infill.prefix) + len(infill.middle) + len(infill.suffix)


def behind_halfway(prompts: list[Infill]) -> list[Infill]:
    """Those for the wide window, which come behind the ones for a middling window without other files."""
    ends = [number for number, prompt in enumerate(prompts) if prompt.suffix]
    return prompts[ends[0] + 1 :]


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
    await idle.widened()
    wide = wide_window(LONG)
    prompts = behind_halfway(idle.read())

    assert wide.infill(LONG) == prompts[-1]
    assert idle.warm_up.infill(LONG, False) == prompts[-1]
    assert len(prompts) > 3
    assert all(longer.prefix.startswith(shorter.prefix) for shorter, longer in itertools.pairwise(prompts))
    assert narrow < idle.window_chars(LONG)


async def test_a_middling_window_is_in_use_until_the_wide_one_is_read(idle: Idle) -> None:
    """A part of the wide one is of no use, and reading all of it takes a slow machine long."""
    await idle.widened()
    prompts = idle.read()
    interrupted = Idle()
    interrupted.model.most = len(prompts) - len(behind_halfway(prompts)) + 1
    narrow = interrupted.window_chars(LONG)
    await interrupted.widened()

    assert narrow < interrupted.window_chars(LONG) < idle.window_chars(LONG)


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


@pytest.mark.parametrize(("closed", "goes_on"), [(LONG.uri, False), ("file:///project/preview.py", True)])
async def test_closing_a_document_ends_what_is_read_for_it(idle: Idle, closed: str, goes_on: bool) -> None:
    """And for it alone: an editor closes the preview of one file after it has opened the next."""
    idle.model.let.clear()
    idle.warm_up.schedule(LONG, 0.0)
    await until(lambda: idle.model.inside, "the model to read")
    idle.warm_up.forget(closed)
    idle.model.let.set()
    await until(lambda: not idle.model.inside, "the model to be free")
    await idle.end()

    assert (len(idle.read()) > 1) is goes_on


async def test_at_the_end_nothing_goes_on(idle: Idle) -> None:
    """Closing ends the piece that is being read too."""
    idle.model.let.clear()
    idle.warm_up.schedule(LONG, 0.0)
    await until(lambda: idle.model.inside, "the model to read")
    await idle.warm_up.aclose()
    await until(lambda: not idle.model.inside, "the model to be free")

    assert len(idle.read()) == 1


class Beside:
    """Other documents, which a test says: how much may go along, what goes, and which versions they have."""

    def __init__(self) -> None:
        self.wanted = True
        self.chars = 1_000
        self.version = 1
        self.others: tuple[Snippet, ...] = (Snippet("b.py", "python", "def g():\n" * 40),)
        self.asked: list[int] = []

    def affordable_chars(self, window_chars: int) -> int:
        return max(0, self.chars - window_chars // 1_000)

    def versions(self, _: Place) -> int:
        return self.version

    def workspace(self, _: Place) -> str | None:
        return "/project"

    async def snippets(self, _: Place, chars: int) -> tuple[Snippet, ...]:
        self.asked.append(chars)
        return self.others


@pytest.fixture
def beside() -> Beside:
    return Beside()


@pytest.fixture
def idle_beside(beside: Beside) -> Idle:
    """A warm-up that may take along what others have."""
    idle = Idle()
    idle.warm_up = WarmUp(idle.router, beside)  # type: ignore[arg-type]
    return idle


async def rest(idle: Idle, place: Place) -> int:
    """The keyboard rests at a place; how many prompts were read meanwhile."""
    before = len(idle.read())
    idle.warm_up.schedule(place, 0.0)
    await idle.end()
    return len(idle.read()) - before


async def test_other_files_go_into_the_wide_window_alone(idle_beside: Idle, beside: Beside) -> None:
    """A cold place is answered without them; after idle time each key has the same."""
    assert idle_beside.warm_up.infill(LONG, False).context == ()
    await rest(idle_beside, LONG)

    assert idle_beside.warm_up.infill(LONG, False) == idle_beside.read()[-1]
    assert {beside.others} == {idle_beside.warm_up.infill(typed(LONG, text), False).context for text in ("", "z", "zz")}


async def test_other_files_are_read_first_and_in_pieces_too(idle_beside: Idle, beside: Beside) -> None:
    """Every prompt begins with all that the one before it had of them, and no piece is longer than a key may wait."""
    await rest(idle_beside, LONG)
    prompts = behind_halfway(idle_beside.read())
    read = [sum(len(one.text) for one in prompt.context) for prompt in prompts]
    longest = max(SHORTEST_PIECE_CHARS, idle_beside.router.speed.affordable_tokens(PIECE_MS) * CHARS_PER_TOKEN)

    assert read[0] > 0
    assert read == sorted(read)
    assert all(after - before <= longest + 9 for before, after in itertools.pairwise([0, *read]))
    assert all(prompt.prefix == "" for prompt in prompts if prompt.context != beside.others)


async def test_idle_work_says_what_it_is_about(idle_beside: Idle) -> None:
    """Rules that go by path and folder hold for it as for any other request."""
    await rest(idle_beside, LONG)
    asked = {(one.path, one.workspace, one.document) for one in idle_beside.model.history}

    assert asked == {(LONG.file, "/project", LONG.uri)}


async def test_what_was_looked_at_is_not_looked_at_again(idle_beside: Idle, beside: Beside) -> None:
    """Idle time stays idle until another document changes; the same choice reads nothing anew."""
    await rest(idle_beside, LONG)
    assert (await rest(idle_beside, typed(LONG, "z")), len(beside.asked)) == (0, 1)
    beside.version = 2
    assert (await rest(idle_beside, typed(LONG, "z")), len(beside.asked)) == (0, 2)
    beside.version, beside.others = 3, (Snippet("b.py", "python", "def h():\n"),)
    assert await rest(idle_beside, typed(LONG, "z")) > 0

    assert idle_beside.warm_up.infill(LONG, False).context == beside.others


async def test_a_machine_that_cannot_afford_them_does_as_without(idle: Idle, idle_beside: Idle, beside: Beside) -> None:
    """The same prompts, and nobody is asked for anything."""
    beside.chars = 0
    await rest(idle_beside, LONG)
    await rest(idle, LONG)

    assert idle.read() == idle_beside.read()
    assert beside.asked == []
    assert await rest(idle_beside, typed(LONG, "z")) == 0


async def test_switched_off_they_are_gone_at_the_next_key(idle_beside: Idle, beside: Beside) -> None:
    """Though the window that has them is still in use."""
    await rest(idle_beside, LONG)
    beside.wanted = False

    assert idle_beside.warm_up.infill(typed(LONG, "z"), False).context == ()


async def test_a_fast_machine_that_affords_the_whole_window_at_once_gets_them_too(
    idle_beside: Idle, beside: Beside
) -> None:
    """The window is wide from the first key on; idle time adds the rest."""
    for _ in range(20):
        idle_beside.router.speed.observe(Usage(evaluated_tokens=1_000, prefill_ms=100))
    assert idle_beside.warm_up.infill(LONG, False).context == ()
    await rest(idle_beside, LONG)

    assert idle_beside.warm_up.infill(LONG, False).context == beside.others
