"""Processes that ask real servers are killed with SIGKILL at any moment: no request that was seen has no row."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearline_router.learned import state_dir
from nearline_router.ledger.database import FILE
from nearline_router.ledger.journal import FOLDER
from tests.fault_server import Cut, End, FaultServer, Reset, Role, Status, Text
from tests.router.ledger.made import rows
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PROCESSES, KILLS, SEED = 3, 18, 7
# Requests that the servers see between two kills, at most, and turns of the event loop after that.
APART, TURNS = 25, 300
FAULTS = (
    (Status(503),),
    (Text("so far"), Reset()),
    (Text("so far"), Cut()),
    (Role(), End()),
    (Text("a"), Text("b"), End()),
    (Text("a"), End(usage=False)),
)

# Imports everything once and forks for each line it reads, which costs milliseconds; what it forks asks for ever.
ASKERS = """
import asyncio, os, sys
from contextlib import aclosing
from nearline_router.config import RouterConfig
from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_router.types import RoutingRequest
import nearline_router.ledger.call, nearline_router.ledger.writer, nearline_router.transports.openai_chat

async def ask(router, asker):
    for number in range(1_000_000):
        name = f"{os.getpid()}.{asker}.{number}"
        try:
            async with aclosing(router.stream(RoutingRequest(f"<{name}>", 8, task="ask", id=name))) as chunks:
                async for _ in chunks:
                    pass
        except RouterError:
            pass

async def main(first, second):
    shared = {"provider": "openai-compatible", "local": False, "model": "m"}
    hosts = {"first": first, "second": second}
    endpoints = {name: {**shared, "host": url, "cost_per_mtok": n} for n, (name, url) in enumerate(hosts.items(), 1)}
    breaker = {"failure_threshold": 1000000, "recovery_timeout_s": 1}
    config = {"endpoints": endpoints, "engine": {"enabled": False, "discover": False}}
    router = Router(RouterConfig.model_validate(config | {"routing_policy": {"circuit_breaker": breaker}}))
    # Half of the recent ones fail, and each is to be tried.
    for upstream in router.upstreams.values():
        upstream.breaker._too_many = lambda: False
    await asyncio.gather(*(ask(router, asker) for asker in range(3)))

print("ready", flush=True)
for line in sys.stdin:
    if pid := os.fork():
        print(pid, flush=True)
    else:
        asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


class Askers:
    """Starts processes that ask, and kills them."""

    def __init__(self, *urls: str) -> None:
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", ASKERS, *urls], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        self._pids: set[int] = set()
        self._line()

    def start(self) -> int:
        """One more, by its pid."""
        assert self._nursery.stdin is not None
        print("fork", file=self._nursery.stdin, flush=True)
        pid = int(self._line())
        self._pids.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        """Without a word."""
        self._pids.remove(pid)
        os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """All of them."""
        for pid in list(self._pids):
            self.kill(pid)
        self._nursery.kill()
        self._nursery.communicate()

    def _line(self) -> str:
        assert self._nursery.stdout is not None
        return self._nursery.stdout.readline()


def asked_of(server: FaultServer, endpoint: str) -> Iterator[tuple[str, str]]:
    """The name of each request that a server has seen."""
    for asked in server.asked:
        yield from ((name, endpoint) for name in re.findall(r"<([\d.]+)>", json.dumps(asked.body)))


def ends() -> Counter[str]:
    """How many attempts are recorded with each outcome."""
    if not (state_dir() / FILE).exists():
        return Counter()
    return Counter(outcome for (outcome,) in rows(state_dir(), "SELECT outcome FROM attempts"))


async def killed_again_and_again(askers: Askers, servers: list[FaultServer]) -> None:
    """Each at a moment of its own; the last ones when they have written what became of their attempts.

    A fast machine would else kill them all before they write, which they do every 200 ms.
    """
    dice = random.Random(SEED)
    running = [await asyncio.to_thread(askers.start) for _ in range(PROCESSES)]
    for _ in range(KILLS):
        target = sum(len(server.asked) for server in servers) + dice.randrange(1, APART)
        await until(lambda target=target: sum(len(server.asked) for server in servers) >= target, "requests")  # type: ignore[misc]
        for _ in range(dice.randrange(TURNS)):
            await asyncio.sleep(0)
        askers.kill(running.pop(dice.randrange(len(running))))
        running.append(await asyncio.to_thread(askers.start))
    await until(lambda: ends().keys() >= {"answered", "failed", "cut"}, "ends that are written")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that starts in milliseconds is a fork")
async def test_no_request_that_a_server_saw_is_lost_when_its_process_is_killed() -> None:
    """Nor is one there twice; what the processes could not close is open, and can be counted."""
    async with FaultServer() as first, FaultServer(default=(Text("ok"), End())) as second:
        for steps in itertools.islice(itertools.cycle(FAULTS), 5_000):
            first.play(*steps)
        askers = await asyncio.to_thread(Askers, f"{first.url}/v1", f"{second.url}/v1")
        try:
            await killed_again_and_again(askers, [first, second])
        finally:
            await asyncio.to_thread(askers.end)
        seen = Counter([*asked_of(first, "first"), *asked_of(second, "second")])
    recorded = Counter(rows(state_dir(), "SELECT request, endpoint FROM attempts"))

    assert seen
    assert seen.keys() <= recorded.keys()
    assert set(recorded.values()) == {1}
    assert {"answered", "failed", "cut", "open"} == ends().keys()
    assert list((state_dir() / FOLDER).glob("*.journal")) == []
