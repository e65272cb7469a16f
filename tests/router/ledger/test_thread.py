"""The thread that writes does its work in order, and is gone with who owns it."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import wait

import pytest

from nearline_router.ledger.thread import LedgerThread
from tests.waiting import wait_until


def test_work_is_done_in_order_on_one_thread() -> None:
    """As a connection to a database wants it."""
    thread = LedgerThread()
    done: list[tuple[int, int]] = []
    jobs = [thread.submit(lambda number=number: done.append((number, threading.get_ident()))) for number in range(50)]
    wait(jobs)

    assert [number for number, _ in done] == list(range(50))
    assert len({ident for _, ident in done}) == 1


def test_work_that_fails_is_told_and_stops_nothing() -> None:
    """Who waits for it is told."""
    thread = LedgerThread()
    failed, after = thread.submit(lambda: 1 / 0), thread.submit(lambda: None)

    with pytest.raises(ZeroDivisionError):
        failed.result()
    assert after.result() is None


def test_it_ends_with_its_object() -> None:
    """A test run, or a library's user, may make many."""
    thread = LedgerThread()
    running: list[threading.Thread] = []
    thread.submit(lambda: running.append(threading.current_thread())).result()
    del thread
    gc.collect()

    wait_until(lambda: not running[0].is_alive(), "its end")
