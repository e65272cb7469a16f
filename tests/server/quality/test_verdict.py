"""When a model counts as clearly worse, and what the user reads."""

from __future__ import annotations

import pytest

from nearline_server.quality import verdict as module
from nearline_server.quality.history import Run
from nearline_server.quality.measure import Outcomes
from nearline_server.quality.verdict import report_lines, verdict_of

REFERENCE = "e" * 40 + "w" * 10


@pytest.fixture(autouse=True)
def _figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIGURES", {"known.gguf": REFERENCE, "default.gguf": REFERENCE})
    monkeypatch.setattr(module, "DEFAULT", "default.gguf")


def run(letters: str, model: str = "known.gguf", time: str = "2026-11-23T10:00:00+00:00") -> Run:
    """A run with these outcomes."""
    return Run(time, model, "set", letters, 120.0)


def test_outcomes_count_what_works_as_right() -> None:
    """Exact and passing are right, wrong is not."""
    outcomes = Outcomes("eepw")

    assert (outcomes.count, outcomes.exact, outcomes.right) == (4, 2, 3)
    assert outcomes.against(Outcomes("wepp")) == (1, 1)


def test_a_model_as_good_as_its_reference_is_not_worse() -> None:
    """Exact or merely passing makes no difference, and a few losses are chance."""
    few = "w" * 4 + "p" * 36 + "w" * 10

    verdict = verdict_of(run(few), [])

    assert not verdict.worse
    assert verdict.sentences == ("It is as good as its reference: 0 of 50 gained, 4 lost.",)


def test_five_losses_and_no_gain_are_clear() -> None:
    """The first number of losses that chance gives less than once in twenty times."""
    verdict = verdict_of(run("w" * 5 + "e" * 35 + "w" * 10), [])

    assert verdict.worse
    assert verdict.sentences[0].startswith("It is clearly worse than its reference: 0 of 50 gained, 5 lost")
    assert "once in 32 times" in verdict.sentences[0]


def test_a_model_without_reference_is_measured_by_the_default_one() -> None:
    """And may be clearly better."""
    verdict = verdict_of(run("e" * 50, model="mine.gguf"), [])

    assert not verdict.worse
    assert verdict.sentences == (
        "It is clearly better than the default model (default.gguf): 10 of 50 gained, 0 lost.",
    )


def test_a_model_that_was_better_before_is_worse() -> None:
    """Drift counts although the reference is reached; the newest of the earlier runs is what it is compared with."""
    verdict = verdict_of(run(REFERENCE), [run("w" * 50), run("e" * 50)])

    assert verdict.worse
    assert "clearly worse than its run of 2026-11-23" in verdict.sentences[1]


def test_the_report_shows_the_runs_before_this_one() -> None:
    """The last five, the newest at the end, then the sentences."""
    now = run(REFERENCE, time="2026-12-24T18:00:00+00:00")
    earlier = [run(REFERENCE, time=f"2026-11-{day:02d}T10:00:00+00:00") for day in range(1, 9)]

    lines = report_lines(now, earlier, verdict_of(now, earlier))

    assert lines[0] == "known.gguf, 50 holes in 120 s"
    assert [line.split()[0][:10] for line in lines[1:7]] == [
        *(f"2026-11-{day:02d}" for day in range(4, 9)),
        "2026-12-24",
    ]
    assert lines[6] == "  2026-12-24T18:00  exact 40, right 40 of 50"
    assert lines[7].startswith("It is as good as its reference")
