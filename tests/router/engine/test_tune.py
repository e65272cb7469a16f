"""The search, over engines whose speeds are written down: what it keeps, and what it must not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from nearline_router.engine.candidates import Candidate
from nearline_router.engine.tune import BUDGET_S, ROUNDS, Tuned, tune
from nearline_router.engine.tuning import Tuning
from nearline_router.engine.typing_trial import Round
from nearline_router.errors import EngineError

Cost = Callable[[Tuning, int], float]

THREADS = Candidate("threads 1", {"threads": 1})
OFF = Candidate("flash attention off", {"flash_attention": False})
NGRAMS = Candidate("drafting ngram-map-k", {"drafting": "ngram-map-k"})


class Engines:
    """Engines by their settings: a keystroke takes `cost(tuning, number)` ms. `asked` are rounds in their order."""

    def __init__(self, cost: Cost, text: Callable[[Tuning], str] = lambda _: "line") -> None:
        self._cost, self._text = cost, text
        self.asked: list[tuple[Tuning, int]] = []
        self.running: list[Tuning] = []
        self.most_running = 0

    @asynccontextmanager
    async def host(self, tuning: Tuning) -> AsyncIterator[Scripted]:
        """See Host."""
        self.running.append(tuning)
        self.most_running = max(self.most_running, len(self.running))
        try:
            yield Scripted(self, tuning)
        finally:
            self.running.remove(tuning)

    def round(self, tuning: Tuning, number: int) -> Round:
        """A prompt costs nothing, so that a cost is a keystroke's."""
        self.asked.append((tuning, number))
        return Round(100, 0.0, (self._cost(tuning, number),), 10, 5.0, (self._text(tuning),))


class Scripted:
    """One of them."""

    def __init__(self, engines: Engines, tuning: Tuning) -> None:
        self._engines, self._tuning = engines, tuning

    async def round(self, number: int) -> Round:
        """See Trial."""
        return self._engines.round(self._tuning, number)


async def found(engines: Engines, *candidates: Candidate, clock: Callable[[], float] = lambda: 0.0) -> Tuned:
    """The search's result; no engine of it is left."""
    result = await tune(candidates, engines.host, clock=clock)
    assert engines.running == []
    return result


async def test_what_is_faster_is_kept_and_the_next_is_measured_against_it() -> None:
    """Settings add up, and so does what they save."""
    engines = Engines(lambda tuning, _: 100.0 * (0.8 if tuning.threads else 1.0) * (0.5 if tuning.drafting else 1.0))

    result = await found(engines, THREADS, NGRAMS)

    assert result.tuning == Tuning(threads=1, drafting="ngram-map-k")
    assert [(one.verdict, one.saved) for one in result.tried] == [
        ("kept", pytest.approx(0.2)), ("kept", pytest.approx(0.5)),
    ]  # fmt: skip
    assert result.saved == pytest.approx(0.6)
    assert engines.most_running == 2


async def test_what_is_slower_is_dropped_at_once() -> None:
    """One pair is enough, and the next starts from where the search was."""
    engines = Engines(lambda tuning, _: 120.0 if tuning.threads else 100.0)

    result = await found(engines, THREADS, OFF)

    assert [one.verdict for one in result.tried] == ["not faster", "not faster"]
    assert (result.tuning, result.saved, len(engines.asked)) == (Tuning(), 0.0, 4)
    assert all(tuning.threads is None for tuning, _ in engines.asked[2:])


async def test_what_is_faster_by_luck_is_not_kept() -> None:
    """Faster in all rounds but the last."""
    engines = Engines(lambda tuning, number: (50.0 if number < ROUNDS - 1 else 101.0) if tuning.threads else 100.0)

    result = await found(engines, THREADS)

    assert (result.tuning, result.tried[0].verdict) == (Tuning(), "not faster")
    assert result.tried[0].saved == pytest.approx(0.5)


async def test_what_is_hardly_faster_is_not_kept() -> None:
    """A setting that gains nothing to speak of is one more thing that can go wrong."""
    engines = Engines(lambda tuning, _: 98.0 if tuning.threads else 100.0)

    result = await found(engines, THREADS)

    assert (result.tuning, result.tried[0].verdict) == (Tuning(), "less than 3% faster")


async def test_a_machine_that_slows_down_slows_both() -> None:
    """Each round takes twice as long as the one before; the faster one is found all the same."""
    engines = Engines(lambda tuning, number: 2.0**number * (90.0 if tuning.threads else 100.0))

    assert (await found(engines, THREADS)).tuning == Tuning(threads=1)


async def test_they_take_turns_and_type_the_same() -> None:
    """Who goes first alternates: a machine that is warm after one is warm for the other."""
    engines = Engines(lambda tuning, _: 50.0 if tuning.threads else 100.0)

    await found(engines, THREADS)

    assert [number for _, number in engines.asked] == [number for number in range(ROUNDS) for _ in range(2)]
    assert [tuning.threads for tuning, _ in engines.asked[:6]] == [None, 1, 1, None, None, 1]


async def test_what_says_something_else_is_not_kept() -> None:
    """However fast it is."""
    engines = Engines(lambda tuning, _: 1.0 if tuning.drafting else 100.0, lambda tuning: tuning.drafting or "line")

    result = await found(engines, NGRAMS)

    assert (result.tuning, result.tried[0].verdict) == (Tuning(), "says something else")


async def test_what_may_say_something_else_is_kept() -> None:
    """Another order of the same sum is no worse."""
    engines = Engines(lambda tuning, _: 50.0 if tuning.threads else 100.0, lambda tuning: str(tuning.threads))

    assert (await found(engines, Candidate("threads 1", {"threads": 1}, may_differ=True))).tuning == Tuning(threads=1)


async def test_an_engine_that_fails_ends_its_candidate_only() -> None:
    """Whether it cannot start or stops answering."""

    def cost(tuning: Tuning, _: int) -> float:
        if tuning.threads:
            raise EngineError("no room")
        return 50.0 if tuning.flash_attention is False else 100.0

    result = await found(Engines(cost), THREADS, OFF)

    assert [one.verdict for one in result.tried] == ["fails: no room", "kept"]
    assert result.tuning == Tuning(flash_attention=False)


async def test_without_an_engine_to_begin_with_there_is_no_search() -> None:
    """The reason goes to the user."""

    @asynccontextmanager
    async def host(_: Tuning) -> AsyncIterator[Scripted]:
        raise EngineError("llama.cpp is not installed")
        yield

    with pytest.raises(EngineError, match="not installed"):
        await tune((THREADS,), host)


async def test_no_candidate_begins_after_the_time_is_up() -> None:
    """What was found until then counts."""
    clock = iter((0.0, 0.0, BUDGET_S))
    engines = Engines(lambda tuning, _: 50.0 if tuning.threads else 100.0)

    result = await found(engines, THREADS, NGRAMS, clock=lambda: next(clock))

    assert [one.verdict for one in result.tried] == ["kept", "no time left"]
    assert result.tuning == Tuning(threads=1)


async def test_a_cancelled_search_leaves_no_engine() -> None:
    """Ctrl-C, in the middle of a round."""
    reached = asyncio.Event()

    class Waiting(Scripted):
        async def round(self, number: int) -> Round:  # noqa: ARG002 (see Trial)
            reached.set()
            await asyncio.Event().wait()
            raise AssertionError

    engines = Engines(lambda *_: 1.0)

    @asynccontextmanager
    async def host(tuning: Tuning) -> AsyncIterator[Scripted]:
        async with engines.host(tuning):
            yield Waiting(engines, tuning)

    task = asyncio.create_task(tune((THREADS,), host))
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert (engines.running, engines.most_running) == ([], 2)
