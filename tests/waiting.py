"""Waiting for what another process or the network does: asked again and again, until a deadline that is far."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

POLL_S = 0.01
# Turns of the event loop after which everything that can go on by itself has gone on.
TURNS = 50


def wait_until(condition: Callable[[], T], what: str, seconds: float = 30) -> T:
    """The condition's first true value; blocks."""
    give_up_s = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > give_up_s:
            pytest.fail(f"waited {seconds} s in vain for: {what}")
        time.sleep(POLL_S)
    return found


async def until(condition: Callable[[], T], what: str, seconds: float = 30) -> T:
    """The condition's first true value; the event loop goes on meanwhile."""
    give_up_s = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > give_up_s:
            pytest.fail(f"waited {seconds} s in vain for: {what}")
        await asyncio.sleep(POLL_S)
    return found


async def settle() -> None:
    """Let every task run until it waits for something that this loop cannot give it."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
