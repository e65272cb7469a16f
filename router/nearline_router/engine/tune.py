"""Finding the settings with which llama.cpp types fastest here: one setting after the other, each against the best.

A candidate runs beside the best one so far, and they type the same text in turns, so that a machine that becomes
slower or faster meanwhile does so for both. It is kept only if all three hold: it says the same text in every round,
unless it may differ; it is faster in every round, which by luck happens once in 2^ROUNDS; and by MIN_SAVED in the
median of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from statistics import median

from nearline_router.engine.candidates import Candidate
from nearline_router.engine.tuning import Tuning
from nearline_router.engine.typing_trial import Round, Speeds, Trial, speeds
from nearline_router.errors import RouterError

ROUNDS = 5
MIN_SAVED = 0.03
# No further candidate is begun after this.
BUDGET_S = 150.0

Host = Callable[[Tuning], AbstractAsyncContextManager[Trial]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a candidate. `saved` is the share of a keystroke's time against the best one before it.

    `verdict` is "kept", or why not. No speeds: it did not run.
    """

    name: str
    verdict: str
    saved: float | None = None
    speeds: Speeds | None = None

    @property
    def kept(self) -> bool:
        """Whether it is part of the result."""
        return self.verdict == "kept"


@dataclass(slots=True)
class Tuned:
    """The result; `saved` is the share of a keystroke's time against where the search began."""

    tuning: Tuning
    saved: float = 0.0
    tried: list[Tried] = field(default_factory=list)
    start: Speeds | None = None


async def tune(
    candidates: tuple[Candidate, ...],
    host: Host,
    progress: Callable[[str], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> Tuned:
    """Try each in its order. `host` runs an engine; `progress` hears what is tried. Raises RouterError.

    An engine that cannot start or answer ends its candidate; the one that the search begins with ends it all.
    """
    return await _Search(host, progress, clock).run(candidates)


class _Search:
    def __init__(self, host: Host, progress: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._host, self._progress, self._clock = host, progress, clock
        self._until_s = clock() + BUDGET_S
        self._numbers: Iterator[int] = iter(range(1_000_000))
        self._found = Tuned(Tuning())
        self._started: list[Round] = []

    async def run(self, candidates: tuple[Candidate, ...]) -> Tuned:
        async with AsyncExitStack() as running:
            best = await running.enter_async_context(self._host(Tuning()))
            for candidate in candidates:
                if self._clock() >= self._until_s:
                    self._note(Tried(candidate.name, "no time left"))
                    continue
                best = await self._attempt(candidate, best, running)
        self._found.start = speeds(self._started) if self._started else None
        return self._found

    async def _attempt(self, candidate: Candidate, best: Trial, running: AsyncExitStack) -> Trial:
        """The better one of the two; the other one is ended."""
        tuning = replace(self._found.tuning, **candidate.changes)
        self._progress(candidate.name)
        async with AsyncExitStack() as own:
            try:
                other = await own.enter_async_context(self._host(tuning))
                tried = await self._compared(candidate, best, other)
            except RouterError as error:
                tried = Tried(candidate.name, f"fails: {error}")
            self._note(tried)
            if not tried.kept:
                return best
            await running.aclose()
            await running.enter_async_context(own.pop_all())
        self._found.tuning = tuning
        self._found.saved = 1 - (1 - self._found.saved) * (1 - (tried.saved or 0.0))
        return other

    async def _compared(self, candidate: Candidate, best: Trial, other: Trial) -> Tried:
        pairs: list[tuple[Round, Round]] = []
        verdict = "kept"
        while len(pairs) < ROUNDS and verdict == "kept":
            pairs.append(await self._pair(best, other, other_first=len(pairs) % 2 == 1))
            verdict = _verdict(*pairs[-1], candidate.may_differ)
        if self._found.tuning == Tuning():
            self._started += [one for one, _ in pairs]
        saved = median(1 - other.cost_ms / one.cost_ms for one, other in pairs)
        if verdict == "kept" and saved < MIN_SAVED:
            verdict = f"less than {MIN_SAVED:.0%} faster"
        return Tried(candidate.name, verdict, saved, speeds([other for _, other in pairs]))

    async def _pair(self, best: Trial, other: Trial, *, other_first: bool) -> tuple[Round, Round]:
        """The same place in both, one after the other."""
        number = next(self._numbers)
        if other_first:
            second = await other.round(number)
            return await best.round(number), second
        return await best.round(number), await other.round(number)

    def _note(self, tried: Tried) -> None:
        self._found.tried.append(tried)


def _verdict(one: Round, other: Round, may_differ: bool) -> str:
    if other.texts != one.texts and not may_differ:
        return "says something else"
    return "kept" if other.cost_ms < one.cost_ms else "not faster"
