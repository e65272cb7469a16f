"""Two queues that share a folder, as two editor windows do: one limit, one order, and one gives way to the other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nearline_router.admission import Admission
from nearline_router.admission.bell import Bell
from nearline_router.admission.board import ROW, SLOTS, WINDOWS, Wanted
from nearline_router.admission.lease import Lease
from nearline_router.errors import Superseded
from nearline_router.transports.scripted import Scripted
from nearline_router.types import Chunks, Priority, RoutingRequest
from tests.router.admission.asking import answer, ask, asked, start
from tests.waiting import settle


class Engine(Scripted):
    """The one engine that both windows ask; what is in `held` stays inside until its event is set."""

    def __init__(self) -> None:
        super().__init__("local", ["ok"])
        self.held: dict[str, asyncio.Event] = {}

    async def stream(self, request: RoutingRequest) -> Chunks:
        """See Scripted."""
        if gate := self.held.get(str(request.prompt)):
            self._scripts.appendleft(("one", gate, "two", "three"))
        async for chunk in super().stream(request):
            yield chunk

    def hold(self, prompt: str) -> asyncio.Event:
        """The event that lets it go on behind its first token."""
        return self.held.setdefault(prompt, asyncio.Event())


@pytest.fixture
def engine() -> Engine:
    """An engine with one slot."""
    return Engine()


@pytest.fixture
def here(engine: Engine, tmp_path: Path) -> Admission:
    """One window."""
    return Admission(engine, 1, tmp_path)


@pytest.fixture
def there(engine: Engine, tmp_path: Path) -> Admission:
    """Another window."""
    return Admission(engine, 1, tmp_path)


def board_in(folder: Path) -> bytes:
    """What stands on the board."""
    (board,) = folder.glob("board-*")
    return board.read_bytes()


async def test_a_keystroke_that_waits_for_another_window_is_superseded_by_a_newer_one(
    engine: Engine, here: Admission, there: Admission
) -> None:
    """Its place in our own queue is kept until the slot is really held."""
    gate = engine.hold("theirs")
    theirs = await start(there, ask("theirs"))
    older = await start(here, ask("older", supersedes="file.py"))
    newer = await start(here, ask("newer", supersedes="file.py"))

    with pytest.raises(Superseded):
        await older
    gate.set()
    await asyncio.gather(theirs, newer)

    assert asked(engine) == ["theirs", "newer"]


async def test_an_urgent_request_overtakes_who_waits_for_another_window(
    engine: Engine, here: Admission, there: Admission
) -> None:
    """What came first here does not go in first only because it asked the other window first."""
    gate = engine.hold("theirs")
    theirs = await start(there, ask("theirs"))
    others = [await start(here, ask("warm-up", Priority.WARM_UP)), await start(here, ask("typing"))]

    gate.set()
    await asyncio.gather(theirs, *others)

    assert asked(engine) == ["theirs", "typing", "warm-up"]


@pytest.mark.parametrize("background", [Priority.SPECULATION, Priority.WARM_UP])
@pytest.mark.parametrize("urgent", [Priority.TYPING, Priority.ACTION])
async def test_background_work_of_another_window_ends_at_its_next_token(
    engine: Engine, here: Admission, there: Admission, background: Priority, urgent: Priority
) -> None:
    """The token that was on its way still comes, none after it, and the slot goes to who waits here."""
    gate = engine.hold("background")
    theirs = await start(there, ask("background", background))
    ours = await start(here, ask("urgent", urgent))
    assert asked(engine) == ["background"]

    gate.set()

    assert await ours == "ok"
    with pytest.raises(Superseded):
        await theirs
    assert (engine.closed_early, engine.most_inside) == (1, 1)


async def test_background_work_gives_way_to_no_background_work_of_another_window(
    engine: Engine, here: Admission, there: Admission
) -> None:
    """A speculation that waits here does not end a warm-up there."""
    gate = engine.hold("warm-up")
    theirs = await start(there, ask("warm-up", Priority.WARM_UP))
    ours = await start(here, ask("speculation", Priority.SPECULATION))

    gate.set()

    assert await asyncio.gather(theirs, ours) == ["onetwothree", "ok"]


async def test_a_keystroke_does_not_end_what_is_as_urgent_in_another_window(
    engine: Engine, here: Admission, there: Admission
) -> None:
    """An action that runs there is finished."""
    gate = engine.hold("action")
    theirs = await start(there, ask("action", Priority.ACTION))
    ours = await start(here, ask("typing"))

    gate.set()

    assert await asyncio.gather(theirs, ours) == ["onetwothree", "ok"]


async def test_all_windows_wait_in_one_order(engine: Engine, here: Admission, there: Admission) -> None:
    """Class first, then who came first, wherever it was asked."""
    gate = engine.hold("first")
    first = await start(here, ask("first"))
    asks = [
        (there, "warm-up", Priority.WARM_UP),
        (here, "speculation", Priority.SPECULATION),
        (there, "action 1", Priority.ACTION),
        (here, "action 2", Priority.ACTION),
        (there, "typing 1", Priority.TYPING),
        (here, "typing 2", Priority.TYPING),
    ]
    waiting = [await start(window, ask(name, priority)) for window, name, priority in asks]

    gate.set()
    await asyncio.gather(first, *waiting)

    order = ["typing 1", "typing 2", "action 1", "action 2", "speculation", "warm-up"]
    assert asked(engine) == ["first", *order]
    assert engine.most_inside == 1


async def test_a_window_that_wants_less_than_before_wakes_who_may_go_first_now(tmp_path: Path) -> None:
    """The other one has looked, and waits for the more urgent request that is not there any more."""
    lease, other, holder = (Lease(tmp_path, "local", 1) for _ in range(3))
    slot = holder.try_acquire()
    wants = [Wanted(Priority.TYPING, 1.0)]
    asking = asyncio.create_task(lease.acquire(lambda: wants[0]))
    await settle()
    with Bell() as bell:
        other._board.post(Wanted(Priority.ACTION, 2.0), bell.port)
        wants[0] = Wanted(Priority.WARM_UP, 1.0)
        lease.try_acquire(wants[0])

        await asyncio.wait_for(bell.rung(60.0), 10)

    asking.cancel()
    await asyncio.wait([asking])
    assert slot is not None
    slot.release()


async def test_who_gives_up_is_off_the_board_at_once(engine: Engine, here: Admission, there: Admission) -> None:
    """The others see what is left of a queue: a warm-up behind a keystroke that was cancelled, then nothing."""
    gate = engine.hold("theirs")
    theirs = await start(there, ask("theirs"))
    warm_up = await start(here, ask("warm-up", Priority.WARM_UP))
    typing = await start(here, ask("typing"))
    assert there._lease is not None
    seen = []
    for gone in (typing, warm_up):
        seen += [[one.priority for one in there._lease.waiting_elsewhere()]]
        gone.cancel()
        await settle()

    assert seen == [[Priority.TYPING], [Priority.WARM_UP]]
    assert there._lease.waiting_elsewhere() == []

    gate.set()
    await theirs


async def test_windows_that_call_one_server_by_two_names_share_its_slot(tmp_path: Path) -> None:
    """The slots are the server's."""
    gate = asyncio.Event()
    engines = [Scripted("mac", [gate, "one"]), Scripted("studio", ["two"])]
    windows = [Admission(engine, 1, tmp_path, lease_name="http://127.0.0.1:8080") for engine in engines]
    tasks = [await start(window, ask("a")) for window in windows]
    assert [engine.inside for engine in engines] == [1, 0]

    gate.set()

    assert await asyncio.gather(*tasks) == ["one", "two"]


async def test_nobody_is_told_of_a_request_that_did_not_wait(here: Admission, tmp_path: Path) -> None:
    """A free slot is taken without a row on the board, and leaves none."""
    assert await answer(here, ask("a")) == "ok"

    assert board_in(tmp_path) == bytes((WINDOWS + SLOTS) * ROW)


async def test_when_nobody_waits_any_more_nothing_goes_on(engine: Engine, here: Admission, there: Admission) -> None:
    """No window looks for a slot that it does not want."""
    gate = engine.hold("theirs")
    tasks = [await start(there, ask("theirs")), await start(here, ask("ours"))]
    gate.set()
    await asyncio.gather(*tasks)
    await settle()

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_folder_that_cannot_be_used_does_not_stop_typing(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file where the folder should be: the limit holds in this window, and a warning says that it is not shared."""
    (tmp_path / "file").write_text("")
    admission = Admission(engine, 1, tmp_path / "file")

    assert await asyncio.gather(*[answer(admission, ask(name)) for name in "abc"]) == ["ok"] * 3
    assert engine.most_inside == 1
    assert [record.message for record in caplog.records] == [
        f"local: the limit is not shared with other windows ({FileExistsError.__name__})"
    ]


async def test_a_folder_that_breaks_while_somebody_waits_lets_everybody_go_on(
    engine: Engine, here: Admission, there: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails at the next look."""
    gate = engine.hold("theirs")
    theirs = await start(there, ask("theirs"))
    ours = await start(here, ask("ours"))
    assert here._lease is not None

    def fails(_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(here._lease, "try_acquire", fails)
    assert await asyncio.wait_for(ours, 10) == "ok"

    gate.set()
    await theirs
