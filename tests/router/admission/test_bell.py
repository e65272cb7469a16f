"""The knock that wakes another window."""

from __future__ import annotations

import asyncio
import socket

import pytest

from nearline_router.admission.bell import Bell, knock

FAR_S = 60.0


async def test_a_knock_wakes_who_listens() -> None:
    """And only a port that is one is knocked at."""
    with Bell() as bell:
        rung = asyncio.create_task(bell.rung(FAR_S))
        await asyncio.sleep(0)
        assert not rung.done()

        knock([0, bell.port])

        await asyncio.wait_for(rung, 10)


async def test_a_knock_before_somebody_waits_is_not_lost() -> None:
    """The slot may become free between the last look and the wait."""
    with Bell() as bell:
        knock([bell.port])

        await asyncio.wait_for(bell.rung(FAR_S), 10)


async def test_without_a_knock_time_wakes() -> None:
    """Nobody knocks for a window that was killed."""
    with Bell() as bell:
        await asyncio.wait_for(bell.rung(0.0), 10)


async def test_each_window_listens_at_a_door_of_its_own() -> None:
    """On the loopback interface, and no longer than it waits."""
    with Bell() as one, Bell() as other:
        assert one.port != other.port
        assert one._socket is not None
        assert one._socket.getsockname()[0] == "127.0.0.1"

    assert one._socket.fileno() == -1


async def test_where_sockets_are_forbidden_time_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox without sockets costs the knock and nothing else."""

    def forbidden(*_: object) -> socket.socket:
        raise PermissionError

    monkeypatch.setattr(socket, "socket", forbidden)
    with Bell() as bell:
        assert bell.port == 0
        await asyncio.wait_for(bell.rung(0.0), 10)
        knock([1])


async def test_a_knock_where_nobody_listens_any_more_is_no_error() -> None:
    """The other window took its slot, or gave up, a moment ago; who listens beside it is still woken."""
    with Bell() as gone:
        port = gone.port
    with Bell() as bell:
        knock([port, bell.port])

        await asyncio.wait_for(bell.rung(FAR_S), 10)
