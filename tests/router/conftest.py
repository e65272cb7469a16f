"""Virtual time for the tests that ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.virtual_time import VirtualLoop


@pytest.fixture
def virtual_loop() -> Iterator[VirtualLoop]:
    """An event loop on which waiting takes no time; run a coroutine on it with `run_until_complete`."""
    loop = VirtualLoop()
    yield loop

    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    asyncio.set_event_loop(None)
