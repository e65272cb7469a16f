"""The closing table of the bench: what was to be reached, what was, and what to run for the rest."""

from __future__ import annotations

import pytest

from tests.bench.__main__ import REPLAYED, WITH_ENGINE, WITHOUT
from tests.bench.reach import NUMBERS, Number, record
from tests.bench.report import Aim, Figures, Row

FAST, FASTER, OFTEN = Aim("75 / 150 ms", 75, 150), Aim("5x", times=5, at_least=True), Aim("70 %", 70, at_least=True)


@pytest.mark.parametrize(
    ("aim", "row", "met"),
    [
        (FAST, Row("a", 75, 150), True),
        (FAST, Row("a", 60, 151), False),
        (FAST, Row("a", 76, 100), False),
        (FAST, Row("a", None), False),
        (FASTER, Row("a", 900, 999, times=5.1), True),
        (FASTER, Row("a", 1, 1, times=4.9), False),
        (OFTEN, Row("a", 71.0), True),
        (OFTEN, Row("a", 69.0), False),
    ],
)
def test_an_aim_is_met_when_every_limit_is_kept(aim: Aim, row: Row, met: bool) -> None:
    """The most that there may be, or the least; nothing measured is nothing reached."""
    assert aim.met(row) is met


def test_a_number_is_what_the_rows_with_its_aim_show() -> None:
    """Of all its sections; it is met if each of them keeps it."""
    number = Number("typing", FAST, ("one", "two", "three"))
    sections = {
        "one": Figures("", [Row("first", 70, 140, aim=FAST, ratio="9x"), Row("other", 1, aim=OFTEN)]),
        "two": Figures("", [Row("second", 80, 140, aim=FAST)]),
    }
    found = number.record(sections)

    assert [(row["what"], row["met"]) for row in found["reached"]] == [("first", True), ("second", False)]
    assert found["met"] is False
    assert [cells[-2:] for cells in number.cells(sections)] == [("9x", "met"), ("", "not met")]


def test_a_number_that_was_not_measured_says_what_to_run() -> None:
    """A section of the bench, or what else gives it; whether it is met nobody knows."""
    section, elsewhere = Number("typing", FAST, ("one",)), Number("drawing", FAST, command="make bench-editors")

    assert [cells[-1] for cells in section.cells({})] == ['not in this run: make bench ARGS="--only one"']
    assert [cells[-1] for cells in elsewhere.cells({})] == ["not in this run: make bench-editors"]
    assert section.record({})["met"] is None


def test_every_number_can_be_had() -> None:
    """From a section that there is, or by a command; and each is in JSON."""
    known = {*WITH_ENGINE, *WITHOUT, *REPLAYED}

    assert all(number.command or number.sections for number in NUMBERS)
    assert {name for number in NUMBERS for name in number.sections} <= known
    assert len(record({})) == len(NUMBERS) == 14


def test_an_aim_is_text_in_a_section_s_record() -> None:
    """As it is in its table."""
    figures = Figures("a section", [Row("a", 1.0, aim=FAST), Row("b", 1.0, aim="0")])

    assert [row["aim"] for row in figures.record()["rows"]] == ["75 / 150 ms", "0"]
