"""Tables and records from scores."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from nearline_router.types import Usage
from nearline_server.quality.hole import Hole
from tests.quality.__main__ import chosen_holes
from tests.quality.compared import BARE, OURS, Compared, Score
from tests.quality.report import difference, groups, price_texts, record, record_ways, show, show_languages, show_ways


def one(source: str, ours: bool, bare: bool, check: str = "x") -> Compared:
    """A hole that was filled rightly or not."""
    hole = Hole(f"{source}/0", source, "f.py", "python", "", "t", "", check=check)
    scores = {OURS: Score(ours, ours if check else None, 0.5, ours, 1.0), BARE: Score(bare, bare, 0.25, bare, 2.0)}
    return Compared(hole, scores)


RESULTS = [one(str(number), ours=number % 2 == 0, bare=number % 4 == 0) for number in range(40)]


def test_the_difference_is_paired_and_has_an_interval_around_it() -> None:
    """Half against a quarter."""
    by, low, high = difference(RESULTS, "exact")

    assert by == pytest.approx(0.25)
    assert 0 < low < by < high < 0.5


def test_a_table_has_each_way_and_the_difference() -> None:
    """With figures of what was run, and without where nothing was."""
    console = Console(file=io.StringIO(), width=130, record=True)
    show(console, "single-line", RESULTS)
    show(console, "spans", [one(str(number), ours=True, bare=False, check="") for number in range(3)])
    show_languages(console, RESULTS)
    text = console.export_text()

    assert "single-line, 40 tasks" in text
    assert "+0.25 [" in text
    assert text.count("pass@1") == 1
    assert "python" in text


def test_ways_are_compared_with_the_first() -> None:
    """A row for each with what its prompts cost, one for each difference, and the same as values."""
    usages = [Usage(10, 90, 4, 5.0, 40.0), Usage(100, 0, None, None, None)]
    console = Console(file=io.StringIO(), width=130, record=True)
    show_ways(console, "cross-file", RESULTS, dict.fromkeys([OURS, BARE], usages))
    text = console.export_text()

    assert price_texts(usages) == ("100", "10.0")
    assert "cross-file, 40 tasks" in text
    assert "-0.25 [" in text
    values = json.loads(json.dumps(record_ways(RESULTS)))
    assert values["differences"][BARE]["exact"][0] == pytest.approx(-0.25)


def test_the_record_is_json_without_any_text_of_the_model() -> None:
    """Means, differences, and each task's scores."""
    values = json.loads(json.dumps(record(RESULTS)))

    assert values["tasks"] == 40
    assert values["means"][OURS]["exact"] == 0.5
    assert set(values["scores"]["0/0"][OURS]) == {"exact", "passed", "similarity", "so_far", "seconds"}


def test_real_files_are_told_apart_by_their_half() -> None:
    """What is tuned on and what is held out are two tables."""
    parts = groups("spans", RESULTS)

    assert list(parts) == ["spans, tuning", "spans, held-out"]
    assert sum(map(len, parts.values())) == len(RESULTS)
    assert list(groups("single-line", RESULTS)) == ["single-line"]


@pytest.mark.parametrize("suite", ["single-line", "multi-line", "random-span", "spans"])
def test_the_same_seed_chooses_the_same_tasks(suite: str) -> None:
    """And another one others; all are all."""
    few = chosen_holes(suite, 5, 1)

    assert len(few) == 5
    assert few == chosen_holes(suite, 5, 1)
    assert few != chosen_holes(suite, 5, 2)
    assert len(chosen_holes(suite, None, 1)) > 1_000
