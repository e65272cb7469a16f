"""One mistake or doubt in a configuration file, by its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nearline_router.errors import ConfigError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """What is wrong (`error`: the file cannot be used) or doubtful (`warning`: it can), and where.

    `line`, `column` and `end_column` (behind the last character) count code points from 1, on one line; all are 0
    when the file as a whole is meant. `location` is the key with its parents, joined by dots; it may be empty.
    """

    path: Path
    line: int
    column: int
    end_column: int
    location: str
    message: str
    severity: Severity = "error"

    @property
    def zero_based(self) -> tuple[int, int, int]:
        """Line, column and end column counted from 0, in code points, as an editor's diagnostic wants them."""
        return max(self.line - 1, 0), max(self.column - 1, 0), max(self.end_column - 1, 0)

    def __str__(self) -> str:
        """`path:line:column: location: message`, as compilers write it."""
        where = f"{self.path}:{self.line}:{self.column}" if self.line else str(self.path)
        return ": ".join(part for part in (where, self.location, self.message) if part)


class InvalidConfig(ConfigError):
    """A configuration that cannot be used; its text is a line for each error, `problems` has warnings too."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems if problem.severity == "error"))
        self.problems = tuple(problems)


def has_errors(problems: Sequence[ConfigProblem]) -> bool:
    """Whether one of them forbids to use the file."""
    return any(problem.severity == "error" for problem in problems)
