"""Slots as file locks, held against real other processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nearline_router.admission.board import Wanted
from nearline_router.admission.lease import Lease
from nearline_router.types import Priority
from tests.waiting import settle

# Takes the only slot again and again; who finds another inside counts a collision.
CONTENDER = """
import asyncio, os, sys
from pathlib import Path
from nearline_router.admission.lease import Lease

async def main(folder, rounds):
    lease, collisions = Lease(folder, "local", 1), 0
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(rounds):
        slot = await lease.acquire()
        try:
            os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            collisions += 1
        await asyncio.sleep(0)
        (folder / "inside").unlink(missing_ok=True)
        slot.release()
        await asyncio.sleep(0)
    print(collisions)

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""

# Takes the only slot, says so, and keeps it.
HOLDER = """
import asyncio, sys
from pathlib import Path
from nearline_router.admission.lease import Lease

slot = asyncio.run(Lease(Path(sys.argv[1]), "local", 1).acquire())
print("held", flush=True)
sys.stdin.readline()
"""

# Waits for the only slot with a keystroke, and says so.
WAITER = """
import asyncio, sys
from pathlib import Path
from nearline_router.admission.lease import Lease

lease = Lease(Path(sys.argv[1]), "local", 1)

async def main():
    waiting = asyncio.create_task(lease.acquire())
    await asyncio.sleep(0)
    assert lease.try_acquire() is None
    print("waits", flush=True)
    await waiting

asyncio.run(main())
"""

ROUNDS = 60


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    """Whatever a test started is killed and waited for."""
    with ExitStack() as stack:
        yield stack


def run(processes: ExitStack, code: str, *args: object) -> subprocess.Popen[str]:
    """A Python process with its standard input and output in our hands."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    processes.enter_context(process)
    processes.callback(process.kill)
    return process


def line(process: subprocess.Popen[str]) -> str:
    """The next line that it says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    """Give it the line it waits for."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def slot_locks(folder: Path) -> list[Path]:
    """Every lock of a slot under a folder."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name.startswith("slot-")]


def test_two_processes_never_hold_the_same_slot(tmp_path: Path, processes: ExitStack) -> None:
    """Three contenders that take and leave the slot as fast as they can never meet inside."""
    contenders = [run(processes, CONTENDER, tmp_path, ROUNDS) for _ in range(3)]
    assert [line(contender) for contender in contenders] == ["ready"] * 3

    for contender in contenders:
        go(contender)

    assert [line(contender) for contender in contenders] == ["0"] * 3


async def test_a_killed_holder_frees_its_slot(tmp_path: Path, processes: ExitStack) -> None:
    """The slot of a window that died with SIGKILL goes to who waits for it."""
    holder = run(processes, HOLDER, tmp_path)
    assert await asyncio.to_thread(line, holder) == "held"
    waiting = asyncio.create_task(Lease(tmp_path, "local", 1).acquire())
    await settle()
    assert not waiting.done()

    holder.kill()

    slot = await asyncio.wait_for(waiting, 10)
    assert slot.is_locked
    slot.release()


async def test_a_window_that_is_killed_while_it_waits_holds_up_nobody(tmp_path: Path, processes: ExitStack) -> None:
    """Its keystroke would have gone first; the slot goes to the warm-up that is left."""
    mine, other = Lease(tmp_path, "local", 1), Lease(tmp_path, "local", 1)
    held = await mine.acquire()
    assert held is not None
    waiter = run(processes, WAITER, tmp_path)
    assert await asyncio.to_thread(line, waiter) == "waits"
    assert [wanted.priority for wanted in other.waiting_elsewhere()] == [Priority.TYPING]

    waiter.kill()
    await asyncio.to_thread(waiter.wait)
    held.release()

    slot = other.try_acquire(Wanted(Priority.WARM_UP, 0.0))
    assert slot is not None
    slot.release()
    assert other.waiting_elsewhere() == []


async def test_each_slot_is_held_once(tmp_path: Path) -> None:
    """Two slots are two holders; the third waits until one is given back."""
    lease, other = Lease(tmp_path, "local", 2), Lease(tmp_path, "local", 2)
    first, second = await lease.acquire(), await other.acquire()
    third = asyncio.create_task(lease.acquire())
    await settle()
    assert not third.done()

    second.release()

    slot = await asyncio.wait_for(third, 10)
    assert slot.is_locked
    for held in (first, slot):
        held.release()


async def test_who_gives_up_waiting_holds_nothing(tmp_path: Path) -> None:
    """A cancelled wait leaves the slot to the next one."""
    mine, other = Lease(tmp_path, "local", 1), Lease(tmp_path, "local", 1)
    held = await mine.acquire()
    waiting = asyncio.create_task(other.acquire())
    await settle()
    waiting.cancel()
    await asyncio.wait([waiting])
    held.release()

    again = await asyncio.wait_for(mine.acquire(), 10)
    assert again.is_locked
    again.release()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b", "C:\\x", "", ".", "with blank", "é日本", "\n", 'a"b<c>|?*', "x" * 300, "CON"]
)
async def test_any_name_is_a_lock_file_in_the_folder(tmp_path: Path, name: str) -> None:
    """An endpoint may be called anything: its lock lies in the folder, under a name that every system takes."""
    slot = await Lease(tmp_path / "runtime", name, 1).acquire()
    slot.release()

    (file,) = slot_locks(tmp_path)
    assert file.parent == tmp_path / "runtime"
    assert set(file.name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


async def test_names_that_look_alike_do_not_share_a_slot(tmp_path: Path) -> None:
    """Each endpoint has slots of its own, also where only an odd character, or case, tells them apart."""
    names = ["mac studio", "mac_studio", "mac/studio", "Mac_Studio", "x" * 300 + "1", "x" * 300 + "2"]

    slots = [await asyncio.wait_for(Lease(tmp_path, name, 1).acquire(), 10) for name in names]

    assert len({path.name.lower() for path in slot_locks(tmp_path)}) == len(names)
    for slot in slots:
        slot.release()
