"""How often this user takes suggestions of a kind, and how long the keyboard is to rest before one is shown.

A kind that is hardly ever taken is still computed and remembered; it only waits until it does not fall into typing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nearline_server.completion.kind import Kind

# A beta prior, before anything is known of the user: 2 of 10 taken. Published: 15.4 % and 18.6 % of what is shown at a
# good moment (arXiv 2511.18842), 25 % where little else is shown (Cursor's blog on Tab).
PRIOR_TAKEN, PRIOR_TRIALS = 2.0, 10.0
# What an observation still weighs after each later one of its kind: about the last hundred count.
KEPT = 0.99
MOST_TRIALS = 1.0 / (1.0 - KEPT)
# From here on a kind comes at once. Shown without any delay 4.9 % are taken, which that study calls too early; with the
# prior a hundred of these are estimated at 6 %. Simulated over 200,000 trials, a kind of which 20 % are taken waits in
# less than 0.01 % of them, one of which 15 % are taken in 0.8 %, one of which 4.9 % are taken in 97 %.
COMES_AT_ONCE = 0.10
# Fewer weighed trials say nothing. Of so many, less than two must be taken for a kind to wait, which by chance happens
# to 1 in 100 kinds of which 20 % are taken (binomial); the next few that are taken make it good.
ENOUGH_TRIALS = 30.0
# Keys in running text are 238 ms apart in the mean (Dhakal et al., CHI 2018, 168,000 typists): with 300 ms the keyboard
# rests, and behind 600 ms there is a thought.
SHORTEST_MS, LONGEST_MS = 300.0, 600.0


@dataclass(slots=True)
class Taking:
    """The trials of one kind, and those of them in which it was taken; both weighed, so no whole numbers."""

    trials: float = 0.0
    taken: float = 0.0

    def add(self, taken: bool) -> None:
        """One trial more; all before weigh a little less."""
        self.trials = self.trials * KEPT + 1.0
        self.taken = self.taken * KEPT + taken

    def correct(self) -> None:
        """The last trial, which seemed to be none that was taken, was."""
        self.taken = min(self.taken + 1.0, self.trials)

    @property
    def share(self) -> float:
        """The estimated share that is taken, from 0 to 1."""
        return (PRIOR_TAKEN + self.taken) / (PRIOR_TRIALS + self.trials)

    @property
    def delay_ms(self) -> float:
        """How long the keyboard is to rest: 0, or the longer the less is taken, and never too long to be seen again."""
        if self.trials < ENOUGH_TRIALS or self.share >= COMES_AT_ONCE:
            return 0.0
        return LONGEST_MS - (LONGEST_MS - SHORTEST_MS) * self.share / COMES_AT_ONCE


class Habit:
    """What one user takes, by kind: counts and nothing else."""

    def __init__(self) -> None:
        self._by_kind = {kind: Taking() for kind in Kind}

    def of(self, kind: Kind) -> Taking:
        """What is known of a kind."""
        return self._by_kind[kind]

    def state(self) -> dict[str, dict[str, float]]:
        """What is worth keeping over a restart, as plain values."""
        return {kind.value: {"trials": one.trials, "taken": one.taken} for kind, one in self._by_kind.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what was kept; a kind of which that makes no sense begins anew."""
        for kind in Kind:
            kept = state.get(kind.value)
            self._by_kind[kind] = _restored(kept if isinstance(kept, Mapping) else {})


def _restored(kept: Mapping[str, Any]) -> Taking:
    trials, taken = kept.get("trials"), kept.get("taken")
    if not (isinstance(trials, int | float) and isinstance(taken, int | float)):
        return Taking()
    sane = math.isfinite(trials) and math.isfinite(taken) and 0.0 <= taken <= trials <= MOST_TRIALS
    return Taking(float(trials), float(taken)) if sane else Taking()
