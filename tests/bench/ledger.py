"""What the ledger adds to a request, alone and with others writing, and how much it writes in a second.

Run as a program it is one of the writers, and prints its figures.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from nearline_router.ledger import Ledger
from nearline_router.ledger.database import connect
from nearline_router.ledger.entry import Side
from nearline_router.router import Router
from nearline_router.types import Chunk, Usage
from tests.bench.report import Figures, Row
from tests.router.ledger.made import attempt, outcome
from tests.router.routers import FAR, REQUEST, World, router_in

ROOT = Path(__file__).parents[2]
ATTEMPTS, UNMEASURED = 2_000, 200
# The second is as cold as a keystroke's: other things had the processor meanwhile.
APART_S = {"one after the other": 0.0, "2 ms apart": 0.002}
MANY = 20_000
WRITERS = (1, 4)
AIM = "p50 50 us"
LAST = Chunk("", "stop", Usage(evaluated_tokens=1_000, cached_tokens=900, output_tokens=20))


async def measure(folder: Path) -> Figures:
    """The section."""
    rows, rates = [], []
    for writers in WRITERS:
        taken_us, rate = await _written_by(writers, folder)
        name = "1 process" if writers == 1 else f"{writers} processes at once"
        for apart, samples in taken_us.items():
            rows.append(Row.of(f"a request, {apart}, {name}", samples, 99, unit="us", aim=AIM))
        rates.append(Row(f"rows written, {name}", rate, unit="rows/s"))
    return Figures("ledger: what a row costs those who wait", rows + rates)


async def _written_by(writers: int, folder: Path) -> tuple[dict[str, list[float]], float]:
    """Microseconds of each attempt, of all writers, and the rows that they write together in a second."""
    with TemporaryDirectory(dir=folder) as state:
        command = (sys.executable, "-m", "tests.bench.ledger", state)
        running = [
            await asyncio.create_subprocess_exec(*command, str(number), stdin=PIPE, stdout=PIPE, cwd=ROOT)
            for number in range(writers)
        ]
        for process in running:
            assert process.stdout
            await process.stdout.readline()
        printed = await asyncio.gather(*(process.communicate(b"\n") for process in running))
        with closing(connect(Path(state), read_only=True)) as connection:
            [(rows,)] = connection.execute("SELECT count(*) FROM attempts WHERE outcome = 'answered'")
    assert rows == writers * (len(APART_S) * ATTEMPTS + MANY)
    told = [json.loads(out) for out, _ in printed]
    return {apart: [us for taken_us, _ in told for us in taken_us[apart]] for apart in APART_S}, sum(
        rate for _, rate in told
    )


def _write(folder: Path, name: str) -> None:
    router = router_in(World(), endpoints={"far": FAR})
    ledger = router._accounting._ledger = Ledger(folder, on_totals=router.spending.committed)
    router._accounting.prepare(())
    print(flush=True)
    sys.stdin.readline()
    taken_us = {apart: _attempts_us(router, apart_s) for apart, apart_s in APART_S.items()}
    asyncio.run(ledger.aclose())
    start_s = time.perf_counter()
    for number in range(MANY):
        one = attempt(f"{name}-{number}", opened_us=time.time_ns() // 1000)
        ledger.open(one)
        ledger.close(one.id, outcome())
    asyncio.run(ledger.aclose())
    print(json.dumps([taken_us, MANY / (time.perf_counter() - start_s)]))


def _attempts_us(router: Router, apart_s: float) -> list[float]:
    taken_us = []
    for _ in range(ATTEMPTS):
        taken_us.append(_attempt_us(router))
        time.sleep(apart_s)
    return taken_us[UNMEASURED:]


def _attempt_us(router: Router) -> float:
    """All that the ledger adds to a request: what is known of it, its row, the journal, its end and its cost."""
    question, decision, upstream = router._question(REQUEST), router.decide(REQUEST), router.upstreams["far"]
    start_ns = time.perf_counter_ns()
    entry = Side(router._accounting.call(REQUEST, question, decision)).entry(upstream)
    entry.opened(0.1)
    entry.saw(LAST)
    entry.ended()
    return (time.perf_counter_ns() - start_ns) / 1000


if __name__ == "__main__":
    _write(Path(sys.argv[1]), sys.argv[2])
