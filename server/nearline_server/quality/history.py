"""Earlier runs of `nearline model check`: `quality.jsonl` in the state folder, one line a run, no text."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from nearline_server.quality.measure import Outcomes

FILE = "quality.jsonl"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: `time` is UTC in ISO 8601, `model` the name that its server gives, `holes` the id of the set."""

    time: str
    model: str
    holes: str
    letters: str
    seconds: float

    @property
    def outcomes(self) -> Outcomes:
        """What came of each hole."""
        return Outcomes(self.letters)


def earlier_runs(folder: Path, like: Run) -> list[Run]:
    """The runs of the same model over the same holes, the oldest first; what is no such line is left out.

    Raises OSError.
    """
    path = folder / FILE
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [run for run in map(_run, lines) if run and _comparable(run) == _comparable(like)]


def remember(folder: Path, run: Run) -> None:
    """Add a run. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.write(file, json.dumps(asdict(run)).encode() + b"\n")
    finally:
        os.close(file)


def _comparable(run: Run) -> tuple[str, str, int]:
    return run.model, run.holes, len(run.letters)


def _run(line: bytes) -> Run | None:
    try:
        run = Run(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    return run if isinstance(run.letters, str) and isinstance(run.time, str) else None
