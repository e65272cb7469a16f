"""Keys of a real file, and how long each took to ghost text, in any editor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearline_server.demo.typist import Script
from tests.bench.documents import cropped, hole
from tests.bench.report import Aim, Row

MODULE, SEED = "textwrap", 1
BEFORE_CHARS, AFTER_CHARS = 3_900, 300
# Floor and Nearline take turns, so that both see the machine as it is at the time.
TURN_KEYS = 15
FLOOR = [sys.executable, "-P", str(Path(__file__).with_name("floor_server.py"))]
# Behind an opened document the server waits for so long before it reads ahead.
READ_AHEAD_S = 1.0
# Nothing is drawn for a key to which the model has nothing to say.
GIVE_UP_S = 3.0
NEOVIM, VS_CODE = "Neovim", "VS Code"
AIMS = {NEOVIM: Aim("p50 130 ms", median=130), VS_CODE: Aim("p50 180 ms", median=180)}


@dataclass(frozen=True, slots=True)
class Stroke:
    """One key: milliseconds from the key to the ghost text that is drawn with it, None if there was none.

    `along` is whether the key was the next character of the ghost text that stood there.
    """

    took_ms: float | None
    along: bool


# Types a key, and measures it unless it is a new line, whose indentation is typed with it.
Press = Callable[[str], Stroke | None]


def script(keys: int) -> Script:
    """What is typed: so many keys that are measured, and perhaps some more."""
    return cropped(hole(MODULE, 2 * keys, SEED), BEFORE_CHARS, AFTER_CHARS)


def in_turns(sides: Sequence[Press], typed: Script, count: int) -> list[list[Stroke]]:
    """The same keys on each side, so many of them measured."""
    strokes: list[list[Stroke]] = [[] for _ in sides]
    keys = list(typed.keys())
    for start in range(0, len(keys), TURN_KEYS):
        for press, kept in zip(sides, strokes, strict=True):
            turn = [stroke for key in keys[start : start + TURN_KEYS] if (stroke := press(key)) is not None]
            kept += turn
        if len(strokes[0]) >= count:
            break
    return [kept[:count] for kept in strokes]


def rows(editor: str, floor: Sequence[Stroke], ours: Sequence[Stroke]) -> list[Row]:
    """Key to ghost text on both sides; the ones that were asked for are what the floor can be compared with."""
    return [
        Row.of(f"{editor}: a server that answers at once", _ms(floor, along=False)),
        Row.of(f"{editor}: Nearline, all keys", _ms(ours), aim=AIMS[editor]),
        Row.of("  typed along the ghost text", _ms(ours, along=True)),
        Row.of("  asked for", _ms(ours, along=False)),
        Row("  keys without ghost text", sum(stroke.took_ms is None for stroke in ours), unit="", count=len(ours)),
    ]


def _ms(strokes: Sequence[Stroke], along: bool | None = None) -> list[float]:
    wanted = (stroke for stroke in strokes if along in (None, stroke.along))
    return [stroke.took_ms for stroke in wanted if stroke.took_ms is not None]
