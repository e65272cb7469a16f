"""Which sessions are played in how many minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nearline_server.replay.player import LAST_LOOK_S
from nearline_server.replay.session import Session
from nearline_server.replay.visit import LOOK_S
from tests.bench.replay.corpus import sessions
from tests.bench.replay.strategies import AGAIN, OURS, PEERS, TECHNIQUES, without

# A line or two; with time enough, several: the first line of a body is the one that is hardest to foretell.
SHORT_KEYS, LONG_KEYS, LONG_MINUTES = 24, 60, 20
# What is read behind the last key is part of the session's work.
SETTLE_S = 0.6
# What ends a session's work at an engine, and starts an engine and a server. Measured on two cores.
END_S, START_S = 0.4 + LAST_LOOK_S, 3.0
# The rest is for ablations: an hour has enough sessions of both for an interval.
MAIN_SHARE = 0.25
# One of each language, which is also the least.
BLOCK = 8

Numbered = tuple[int, Session]


@dataclass(frozen=True, slots=True)
class Plan:
    """`main` is played in every way to complete, `ablated`, which are some of them, also without each technique."""

    main: tuple[Session, ...]
    ablated: tuple[Session, ...]

    def blocks(self, names: Sequence[str]) -> Iterator[tuple[str, Sequence[Numbered]]]:
        """Some sessions of a strategy at a time, so that all see the machine as it is at the time."""
        numbered = list(enumerate(self.main))
        for block, start in enumerate(range(0, len(numbered), BLOCK)):
            for name in names if block % 2 == 0 else reversed(names):
                count = len(self.main if name in (OURS, *PEERS) else self.ablated)
                if sessions := numbered[start : min(count, start + BLOCK)]:
                    yield name, sessions


def plan(minutes: float, *, tuning: bool) -> Plan:
    """What fits into the minutes: one session of each language at least, and one for ablations."""
    keys = SHORT_KEYS if minutes < LONG_MINUTES else LONG_KEYS
    ways, ablations = 1 + len(PEERS), 1 + len(TECHNIQUES)
    main_s, ablated_s = minutes * 60 * MAIN_SHARE / ways, minutes * 60 * (1 - MAIN_SHARE) / ablations
    main = _fitting(sessions(keys, tuning=tuning), main_s, BLOCK)
    return Plan(main, _fitting(iter(main), ablated_s, 1))


def _fitting(offered: Iterator[Session], seconds: float, least: int) -> tuple[Session, ...]:
    """Of the sessions, as many from the first on as fit."""
    chosen: list[Session] = []
    for number, session in enumerate(offered):
        seconds -= session.pauses_s + LOOK_S + SETTLE_S + END_S + (0.0 if number % BLOCK else START_S)
        if seconds < 0 and number >= least:
            break
        chosen.append(session)
    return tuple(chosen)


def strategies() -> list[str]:
    """Ours first, then the peers, then ours once more and without each technique."""
    return [OURS, *PEERS, AGAIN, *map(without, TECHNIQUES)]
