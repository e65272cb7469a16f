"""Whether a difference between two ways over the same holes is more than chance."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from math import comb

RESAMPLES = 2_000
TAIL = 0.025


def paired_interval(differences: Iterable[tuple[str, float]], rng: random.Random) -> tuple[float, float]:
    """The 95 % confidence interval of the mean of paired differences, each given with its source.

    A percentile bootstrap that draws sources, not holes (Davison and Hinkley 1997, 3.8): holes of one function rise and
    fall together, and drawing them one by one would make the interval too narrow. Of few sources, or where
    all differences are equal, it is too narrow still. Raises ValueError for no differences.
    """
    by_source: dict[str, list[float]] = defaultdict(list)
    for source, difference in differences:
        by_source[source].append(difference)
    if not by_source:
        raise ValueError("no differences")
    sums = [(sum(drawn), len(drawn)) for drawn in by_source.values()]
    means = sorted(_mean(rng.choices(sums, k=len(sums))) for _ in range(RESAMPLES))
    return means[int(RESAMPLES * TAIL)], means[int(RESAMPLES * (1 - TAIL)) - 1]


def chance_of(lost: int, gained: int) -> float:
    """How likely so many losses or more are among the holes that changed, if a loss were as likely as a gain.

    McNemar's exact test, one-sided.
    """
    changed = lost + gained
    return sum(comb(changed, count) for count in range(lost, changed + 1)) / (1 << changed)


def _mean(drawn: list[tuple[float, int]]) -> float:
    return sum(total for total, _ in drawn) / sum(count for _, count in drawn)
