"""What sessions came to, added up, and how sure a difference between two ways to complete is."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from nearline_server.replay.score import Tally

# Of accepted text; what llama_vim's way is reckoned with, too. Qwen's tokenizer finds 3 to 4 in code.
CHARS_PER_TOKEN = 3.5
RESAMPLES, SEED = 2_000, 1
# Of fewer sessions there is no interval: of five that all say the same by chance, two-sided, there are 6 in 100.
LEAST_SESSIONS = 6


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine did: prompt tokens read anew, tokens decoded, seconds of both; joules are above idling."""

    evaluated_tokens: int = 0
    decoded_tokens: int = 0
    busy_s: float = 0.0
    joules: float = 0.0

    def __add__(self, other: Work) -> Work:
        return Work(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Work)))


@dataclass(frozen=True, slots=True)
class Result:
    """One session, completed in one way."""

    strategy: str
    session: str
    language: str
    tally: Tally
    work: Work
    request_ms: tuple[float, ...] = ()


@dataclass(slots=True)
class Sum:
    """All sessions of one way to complete. Shares are of 1, None where there is nothing to share."""

    strategy: str
    budget_ms: float
    results: Sequence[Result]
    tally: Tally = field(default_factory=Tally)
    work: Work = field(default_factory=Work)
    request_ms: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in self.results:
            for name in (each.name for each in fields(Tally)):
                setattr(self.tally, name, getattr(self.tally, name) + getattr(one.tally, name))
            self.work += one.work
            self.request_ms += one.request_ms

    @property
    def saved_share(self) -> float | None:
        """Of the presses that the text takes without help."""
        return _share(self.tally.saved, self.tally.chars)

    @property
    def wasted_tokens(self) -> float:
        """Decoded, and in no text that was accepted; accepted text is reckoned by its characters."""
        return max(0.0, self.work.decoded_tokens - self.tally.accepted_chars / CHARS_PER_TOKEN)

    def per_key(self, whole: float) -> float | None:
        """Of something, by press."""
        return _share(whole, self.tally.keys)

    def record(self) -> dict[str, Any]:
        """For JSON: the figures, and every session's own."""
        tally, ghost_ms = self.tally, self.tally.ghost_ms
        within = [sum(ms <= self.budget_ms for ms in times) for times in (ghost_ms, self.request_ms)]
        return {
            "strategy": self.strategy,
            "sessions": len(self.results),
            **{name: value for name, value in asdict(tally).items() if name != "ghost_ms"},
            "saved_share": self.saved_share,
            "wrong_share": _share(tally.wrong, tally.shown),
            "standing_share": _share(tally.standing, tally.keys),
            "misled_share": _share(tally.misled, tally.keys),
            "ghost_in_budget_share": _share(within[0], tally.keys),
            "ghost_p50_ms": at_percent(ghost_ms, 50),
            "ghost_p95_ms": at_percent(ghost_ms, 95),
            "request_p50_ms": at_percent(self.request_ms, 50),
            "request_p95_ms": at_percent(self.request_ms, 95),
            "requests_in_budget_share": _share(within[1], len(self.request_ms)),
            "evaluated_tokens_per_key": self.per_key(self.work.evaluated_tokens),
            "decoded_tokens_per_key": self.per_key(self.work.decoded_tokens),
            "wasted_tokens_per_key": self.per_key(self.wasted_tokens),
            "busy_ms_per_key": self.per_key(self.work.busy_s * 1000),
            "joules_per_key": self.per_key(self.work.joules),
            "each": [_each(one) for one in self.results],
        }  # fmt: skip


def difference(one: Sum, other: Sum) -> tuple[float, float, float]:
    """How much more of the text `one` saved, as a share, and the ends of the 95 % confidence interval.

    A paired bootstrap over the sessions that both have, with a fixed seed; with fewer than `LEAST_SESSIONS` there is no
    interval, and its ends are not a number.
    """
    theirs = {result.session: result.tally for result in other.results}
    pairs = [(mine.tally, theirs[mine.session]) for mine in one.results if mine.session in theirs]
    if len(pairs) < LEAST_SESSIONS:
        return _mean_difference(pairs), math.nan, math.nan
    rng = random.Random(SEED)  # noqa: S311 (a statistic, not a secret)
    drawn = sorted(_mean_difference(rng.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    return _mean_difference(pairs), drawn[round(RESAMPLES * 0.025)], drawn[round(RESAMPLES * 0.975) - 1]


def at_percent(samples: Sequence[float], percent: int) -> float | None:
    """The median, or the smallest sample that so many percent do not exceed."""
    if not samples:
        return None
    if percent == 50:
        return round(statistics.median(samples), 3)
    return round(sorted(samples)[max(0, math.ceil(len(samples) * percent / 100) - 1)], 3)


def _mean_difference(pairs: Sequence[tuple[Tally, Tally]]) -> float:
    chars = sum(mine.chars for mine, _ in pairs)
    return sum(mine.saved - theirs.saved for mine, theirs in pairs) / chars if chars else 0.0


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _each(one: Result) -> dict[str, Any]:
    tally = {name: value for name, value in asdict(one.tally).items() if name != "ghost_ms"}
    times = {"ghost_p50_ms": at_percent(one.tally.ghost_ms, 50), "request_p50_ms": at_percent(one.request_ms, 50)}
    return {"session": one.session, "language": one.language, **tally, **times, **asdict(one.work)}
