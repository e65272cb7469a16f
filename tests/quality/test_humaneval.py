"""The tasks are the published ones, in number and in kind."""

from __future__ import annotations

import random

import pytest

from nearline_server.quality.sandbox import passes
from tests.quality.humaneval import multi_line, random_span, single_line


def test_there_are_as_many_tasks_as_were_published() -> None:
    """Bavarian et al. 2022: 1,033 single-line, 5,815 multi-line; ten random spans for each of 164 problems."""
    assert (len(single_line()), len(multi_line()), len(random_span())) == (1_033, 5_815, 1_640)


@pytest.mark.parametrize("tasks", [single_line, multi_line, random_span])
def test_the_pieces_of_a_task_are_its_problem(tasks: object) -> None:
    """Nothing is lost between them; no hole is blank; a single line is one line."""
    assert callable(tasks)
    by_source: dict[str, set[str]] = {}
    for hole in tasks():
        assert hole.target.strip()
        by_source.setdefault(hole.source, set()).add(hole.before + hole.target + hole.after)
    assert all(len(wholes) == 1 for wholes in by_source.values())
    assert all(hole.multiline == ("\n" in hole.target.rstrip("\n")) for hole in tasks())


def test_the_canonical_solution_passes_and_an_empty_one_does_not() -> None:
    """Some of all, in the sandbox: what they import is there, and their checks check."""
    for hole in random.Random(4).sample(multi_line(), 4):
        assert passes(hole.program(hole.target)), hole.name
        assert not passes(hole.program("\n    return ...\n")), hole.name
