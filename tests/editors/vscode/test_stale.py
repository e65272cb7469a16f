"""Ghost text that does not belong to what is on the screen is never drawn, whatever the user does meanwhile.

The language server is the oracle: it has a text of its own for each state of each file, and it is late now and then.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.waiting import wait_until

from .conftest import Open
from .oracle import fits
from .workbench import Drawn, Workbench

ROOT = Path(__file__).parents[3]
KEYS, SEED = 500, 20
LATE_MS = 100
FILES = {"one.py": "alpha\nbeta\n\ngamma\n", "two.py": "delta\n\nepsilon\n"}
LETTERS = "abcdefghijklmnopqrstuvwxyz "
# What a hand does, and how often among a hundred keys; the rest are letters.
MOVES = {
    "along": 28, "Backspace": 8, "Control+Backspace": 2, "Control+z": 5, "Control+Shift+z": 2, "Enter": 2,
    "ArrowLeft": 2, "ArrowUp": 3, "ArrowDown": 3, "End": 3, "Control+Home": 2, "Control+End": 2,
    "Control+Shift+k": 1, "Tab": 2, "Control+ArrowRight": 2, "Escape": 2, "Control+PageDown": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the oracle was asked."""
    return tmp_path_factory.mktemp("oracle") / "log.jsonl"


@pytest.fixture(scope="module")
def window(open_window: Open, log: Path) -> Workbench:
    """Two files side by side in one window."""
    command = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "tests.editors.vscode.oracle_server"]
    window = open_window(nearline__server__command=[*command, str(log), str(LATE_MS)])
    for name, text in FILES.items():
        window.open(name, text)
    wait_until(lambda: log.exists() and "didOpen" in log.read_text(), "the oracle", 60)
    return window


def test_no_ghost_text_is_stale_in_a_replay_of_500_keys(window: Workbench) -> None:
    """At each change of the ghost text it is what the server has for exactly this document, or the rest of it."""
    window.forget()
    _replay(window, random.Random(SEED))

    shown = [event for event in window.events("ghost") if event["ghost"]]
    stale = [event for event in shown if not _fits(event)]
    assert stale == [], f"{len(stale)} of {len(shown)}"
    assert len(shown) > KEYS // 5
    assert {event["name"] for event in shown} == FILES.keys()


def _fits(event: dict[str, str]) -> bool:
    return fits(event["name"], event["before"], event["ghost"], event["after"])


def _replay(window: Workbench, seeded: random.Random) -> None:
    for _ in range(KEYS):
        drawn = window.drawn()
        window.press(_key(drawn, seeded))
        # Of the length that a person's have; some are over before an answer is there, some are not.
        window.page.wait_for_timeout(min(300, seeded.lognormvariate(4.0, 0.8)))


def _key(drawn: Drawn, seeded: random.Random) -> str:
    move = seeded.choices([*MOVES, "letter"], [*MOVES.values(), 100 - sum(MOVES.values())])[0]
    if move == "along" and drawn.ghost[:1].strip():
        return drawn.ghost[0]
    return seeded.choice(LETTERS) if move in ("along", "letter") else move
