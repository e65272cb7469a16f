"""How parts of a prompt are made smaller, and that a large document costs no more than what fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearline_server.actions.catalogue import BUILT_IN
from nearline_server.actions.prompt.compose import MOST_CHARS_PER_TOKEN, prompt_for
from nearline_server.actions.prompt.fit import Part, Sizes, reduced
from nearline_server.actions.values import Context, Span, Subject

STEPS: list[tuple[Part, int]] = [("turns", 1), ("lines", 0), ("turns", 0)]


def total(sizes: Sizes) -> int:
    """Everything together, with a turn as long as ten lines."""
    return sizes.lines + 10 * sizes.turns


@pytest.mark.parametrize(
    ("budget", "turns", "lines"),
    [(99, 3, 50), (80, 3, 50), (79, 2, 50), (60, 1, 50), (59, 1, 49), (10, 1, 0), (9, 0, 0), (-1, 0, 0)],
)
def test_parts_shrink_one_after_the_other_and_no_more_than_they_must(budget: int, turns: int, lines: int) -> None:
    """A part that is at its least gives way to the next."""
    found = reduced(Sizes(turns=3, lines=50), STEPS, lambda sizes: total(sizes) <= budget)

    assert found == Sizes(turns=turns, lines=lines)


@given(st.integers(0, 9), st.integers(0, 99), st.integers(0, 200), st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_a_count_that_jumps_about_does_no_harm(turns: int, lines: int, budget: int, noise: list[int]) -> None:
    """Estimates do; a size is taken because it was tried, or is the least."""

    def fits(sizes: Sizes) -> bool:
        return total(sizes) + noise[sizes.lines % 9] <= budget

    found = reduced(Sizes(turns=turns, lines=lines), STEPS, fits)

    assert fits(found) or (found.turns, found.lines) == (0, 0)


def test_a_part_smaller_than_its_least_stays_as_it_is() -> None:
    """There is no turn to keep where there was none."""
    assert reduced(Sizes(lines=5), STEPS, lambda sizes: not sizes.lines) == Sizes()


def test_a_huge_document_costs_what_could_fit() -> None:
    """No more of it is counted, however long it is."""
    text = "x = 1\n" * 200_000
    subject = Subject("u", "a.py", None, "python", 1, text, Span((100_000, 0), (100_001, 0)), "line")
    counted: list[int] = []

    def tokens_of(text: str) -> int:
        counted.append(len(text))
        return len(text) // 3

    prompt_for(BUILT_IN[0], subject, Context(), "", (), 2_000, tokens_of)

    assert max(counted) < 2 * MOST_CHARS_PER_TOKEN * 2_000 + 3_000
    assert len(counted) < 100
