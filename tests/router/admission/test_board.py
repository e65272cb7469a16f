"""What windows tell each other: rows of a file, of which any may be torn, stale or left by who is gone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_router.admission.board import ROW, SLOTS, STALE_S, WINDOWS, Board, Runner, Wanted
from nearline_router.types import Priority

TYPING = Wanted(Priority.TYPING, 5.0)
WARM_UP = Wanted(Priority.WARM_UP, 1.0)


class Clock:
    """Time that stands still unless it is told not to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """The clock of all windows."""
    return Clock()


@pytest.fixture
def mine(tmp_path: Path, clock: Clock) -> Board:
    """This window's view."""
    return Board(tmp_path, "local", clock)


@pytest.fixture
def theirs(tmp_path: Path, clock: Clock) -> Board:
    """Another window's view."""
    return Board(tmp_path, "local", clock)


def test_the_others_see_who_waits_and_where_it_is_woken(mine: Board, theirs: Board) -> None:
    """Class, time, expected duration and port; nobody sees their own row."""
    mine.post(Wanted(Priority.ACTION, 7.5, 120.0), 4711)

    (waiter,) = theirs.waiting()
    assert (waiter.wanted, waiter.wanted.expected_ms, waiter.port) == (Wanted(Priority.ACTION, 7.5), 120.0, 4711)
    assert mine.waiting() == []


def test_who_withdraws_is_seen_no_more(mine: Board, theirs: Board) -> None:
    """And may wait again."""
    mine.post(TYPING, 1)
    mine.withdraw()
    assert theirs.waiting() == []

    mine.post(WARM_UP, 1)
    assert [waiter.wanted for waiter in theirs.waiting()] == [WARM_UP]


@pytest.mark.parametrize(
    ("posted", "wanted", "before"),
    [
        (TYPING, WARM_UP, True),
        (WARM_UP, TYPING, False),
        (TYPING, Wanted(Priority.TYPING, 6.0), True),
        (TYPING, Wanted(Priority.TYPING, 4.0), False),
        (TYPING, TYPING, False),
    ],
    ids=["more urgent", "less urgent", "as urgent, earlier", "as urgent, later", "the same"],
)
def test_class_goes_before_time(mine: Board, theirs: Board, posted: Wanted, wanted: Wanted, before: bool) -> None:
    """Two equal places block neither: the lock decides."""
    mine.post(posted, 0)

    assert theirs.goes_before(wanted) is before


@pytest.mark.parametrize("priority", Priority)
def test_only_keystrokes_and_actions_are_urgent(mine: Board, theirs: Board, priority: Priority) -> None:
    """Background work gives way to these two."""
    mine.post(Wanted(priority, 1.0), 0)

    assert theirs.urgent_waits() is (priority in (Priority.TYPING, Priority.ACTION))


def test_who_was_killed_while_it_waited_goes_before_nobody(mine: Board, theirs: Board) -> None:
    """The system has dropped the lock of its row; whoever finds that clears the row."""
    mine.post(TYPING, 0)
    for lock in mine._lives:
        lock.release(force=True)

    assert not theirs.goes_before(WARM_UP)
    assert theirs.waiting() == []


def test_who_is_stopped_while_it_waits_goes_before_nobody_until_it_looks_again(
    mine: Board, theirs: Board, clock: Clock
) -> None:
    """An editor that was sent to the background of its terminal holds up no other."""
    mine.post(TYPING, 0)
    clock.now_s += STALE_S + 0.001
    assert not theirs.goes_before(WARM_UP)

    mine.post(TYPING, 0)
    assert theirs.goes_before(WARM_UP)


def test_a_row_from_before_the_machine_was_started_anew_is_not_believed(
    mine: Board, theirs: Board, clock: Clock
) -> None:
    """Time begins again with the machine; rows that lie ahead of it are old."""
    mine.post(TYPING, 0)
    mine.enter(0, Wanted(Priority.ACTION, 0.0, 1000.0))
    clock.now_s = 3.0

    assert not theirs.goes_before(WARM_UP)
    assert list(theirs.running(1)) == []


def test_a_slot_s_row_says_until_when_it_is_in_use(mine: Board, theirs: Board, clock: Clock) -> None:
    """It ends when it is left, and when its time is over (its window may have been killed)."""
    mine.enter(1, Wanted(Priority.ACTION, 0.0, 500.0))
    assert list(theirs.running(2)) == [Runner(1, Priority.ACTION, 100.5)]

    clock.now_s += 0.5
    assert list(theirs.running(2)) == []

    mine.enter(1, Wanted(Priority.ACTION, 0.0, 500.0))
    mine.leave(1)
    assert list(theirs.running(2)) == []


def test_a_slot_beyond_the_board_is_used_all_the_same(mine: Board, theirs: Board) -> None:
    """Nobody predicts by it, and no row is harmed."""
    mine.enter(SLOTS, TYPING)
    mine.leave(SLOTS)

    assert list(theirs.running(SLOTS + 1)) == []


def test_a_window_that_finds_no_row_waits_unseen(tmp_path: Path, clock: Clock) -> None:
    """So many windows wait at once that the board is full."""
    boards = [Board(tmp_path, "local", clock) for _ in range(WINDOWS + 1)]
    for board in boards:
        board.post(TYPING, 0)

    assert len(boards[-1].waiting()) == WINDOWS
    boards[-1].withdraw()
    assert len(boards[-1].waiting()) == WINDOWS


@pytest.mark.usefixtures("mine", "theirs")
def test_the_file_is_the_owner_s_alone_and_stays_as_long_as_it_is(tmp_path: Path) -> None:
    """Opening it again makes it no longer."""
    (file,) = tmp_path.glob("board-*")

    assert file.stat().st_size == (WINDOWS + SLOTS) * ROW
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0


def test_a_disk_that_fails_costs_no_more_than_the_order(
    mine: Board, theirs: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody seems to wait, and nothing is raised, so that a slot can be given back."""
    theirs.post(TYPING, 0)

    def fails(*_: object) -> bytes:
        raise OSError("disk")

    monkeypatch.setattr(os, "read", fails)
    monkeypatch.setattr(os, "write", fails)
    mine.enter(0, TYPING)
    mine.post(WARM_UP, 0)
    mine.leave(0)
    mine.withdraw()

    assert mine.waiting() == []
    assert list(mine.running(1)) == []


def test_when_no_more_files_can_be_opened_a_window_waits_unseen(
    mine: Board, theirs: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And holds who is on the board for alive."""
    theirs.post(TYPING, 0)

    def fails(*_: object, **__: object) -> int:
        raise OSError("too many open files")

    monkeypatch.setattr(os, "open", fails)
    mine.post(WARM_UP, 0)

    assert mine.goes_before(WARM_UP)
    assert theirs.waiting() == []


@given(content=st.binary(max_size=(WINDOWS + SLOTS) * ROW))
def test_whatever_is_in_the_file_it_is_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Torn rows and foreign bytes cost a place in the queue, never an answer."""
    folder = tmp_path_factory.mktemp("board")
    (folder / "board-local.bin").write_bytes(content)
    board = Board(folder, "local", lambda: 1.0)
    (folder / "board-local.bin").write_bytes(content)

    board.waiting()
    list(board.running(SLOTS))
    assert board.goes_before(Wanted(Priority.WARM_UP, 2.0)) is False
