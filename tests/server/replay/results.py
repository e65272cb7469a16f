"""Results that tests make up."""

from __future__ import annotations

from nearline_server.replay.results import Result, Sum, Work
from nearline_server.replay.score import Tally


def result(session: str, saved: int, strategy: str = "ours") -> Result:
    """A session of 100 characters."""
    tally = Tally(chars=100, keys=100 - saved, accepted=1, accepted_chars=saved + 1, saved=saved, shown=4, wrong=1,
                  standing=40, misled=10, ghost_ms=[50.0, 100.0, 200.0])  # fmt: skip
    return Result(strategy, session, "python", tally, Work(200, 100, 4.0, 120.0), (40.0, 160.0))


def summed(name: str, *saved: int) -> Sum:
    """Sessions "0", "1", …, which saved so much."""
    return Sum(name, 150.0, [result(str(number), chars, name) for number, chars in enumerate(saved)])
