"""Whether a model's outcomes are clearly worse than they should be, or than they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nearline_server.quality.history import Run
from nearline_server.quality.intervals import chance_of
from nearline_server.quality.measure import Outcomes
from nearline_server.quality.reference import DEFAULT, FIGURES

# One-sided: of twenty checks of a model that is as it was, one may say so by chance; six losses and no gain are clear.
CLEARLY = 0.05
# Of earlier runs so many are shown.
SHOWN_RUNS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Sentences for the user, and whether one of them says that the model is clearly worse."""

    sentences: tuple[str, ...]
    worse: bool


def verdict_of(run: Run, earlier: Sequence[Run]) -> Verdict:
    """Compare a run with the figures of the catalogue's model (the default one's for a model without), and with the
    newest of the earlier runs of the same model.
    """
    known = run.model if run.model in FIGURES else DEFAULT
    whose = "its reference" if known == run.model else f"the default model ({known})"
    compared = [_compared(run.outcomes, Outcomes(FIGURES[known]), whose)]
    if earlier:
        compared.append(_compared(run.outcomes, earlier[-1].outcomes, f"its run of {earlier[-1].time[:10]}"))
    return Verdict(tuple(sentence for sentence, _ in compared), any(worse for _, worse in compared))


def report_lines(run: Run, earlier: Sequence[Run], verdict: Verdict) -> list[str]:
    """What the user sees: this run below the ones before it, and what that means."""
    lines = [f"{run.model}, {run.outcomes.count} holes in {run.seconds:.0f} s"]
    for each in [*earlier[-SHOWN_RUNS:], run]:
        outcomes = each.outcomes
        lines.append(f"  {each.time[:16]}  exact {outcomes.exact}, right {outcomes.right} of {outcomes.count}")
    return [*lines, *verdict.sentences]


def _compared(mine: Outcomes, other: Outcomes, whose: str) -> tuple[str, bool]:
    lost, gained = mine.against(other)
    worse = chance_of(lost, gained) < CLEARLY
    better = chance_of(gained, lost) < CLEARLY
    word = "clearly worse than" if worse else "clearly better than" if better else "as good as"
    by_chance = f", which chance gives once in {1 / chance_of(lost, gained):.0f} times" if worse else ""
    return f"It is {word} {whose}: {gained} of {mine.count} gained, {lost} lost{by_chance}.", worse
