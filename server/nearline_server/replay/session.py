"""A seeded session of editing: keys with a person's pauses, slips that are taken back, a paste, a jump and back.

The document's truth is the file. Bodies are taken out of it, so that there is text behind every cursor, and are typed
again. What happens at a place (how long before the key, whether the finger slips) hangs on the seed and the place
alone: whoever accepts more skips some of it, and meets the rest unchanged.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nearline_server.demo.typist import MEDIAN_GAP_S, SPREAD
from nearline_server.replay.files import SourceFile
from nearline_server.replay.holes import Hole, bodies

# Where people stop to think: at the end of a line, before the first line of a new block, at another place.
# Assumptions.
LINE_END_S, BLOCK_S, JUMP_S = 0.5, 0.9, 1.2
# One key of fifty is a wrong one: typists in Dhakal et al. (CHI 2018) leave 1.2 % wrong and take back more.
SLIP_SHARE = 0.02
NEIGHBOURS = {"a": "s", "e": "r", "i": "o", "n": "m", "o": "p", "r": "t", "s": "d", "t": "y", "l": "k", "c": "v"}
PASTE_SHARE, LEAST_PASTED_CHARS = 0.05, 20
# So many sessions go elsewhere in between, to write a line.
JUMP_SHARE = 0.3
# Behind so many characters a body is long enough to be left in its middle.
LEAST_MAIN_CHARS = 120
# A line end with the indentation that the editor makes, or what is in a line.
PIECE = re.compile(r"\n[ \t]*|[^\n]+")


@dataclass(frozen=True, slots=True)
class Key:
    """One press that adds `text`: a character, a line end with the indentation the editor makes, or a line (`pasted`).

    `gap_s` has passed since the press before. `slip` are the wrong characters that come first and are taken back.
    """

    text: str
    gap_s: float
    slip: str = ""
    pasted: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Keys in a row at one hole, and what the file has behind them there."""

    hole: int
    keys: tuple[Key, ...]
    beyond: str


@dataclass(frozen=True, slots=True)
class Session:
    """`text` is the file with its holes; `cursors` are the (line, column) of each in it."""

    file: SourceFile
    text: str
    cursors: tuple[tuple[int, int], ...]
    stretches: tuple[Stretch, ...]

    @property
    def keys(self) -> int:
        """Presses it takes without any help, slips left out."""
        return sum(len(stretch.keys) for stretch in self.stretches)

    @property
    def pauses_s(self) -> float:
        """How long that takes."""
        return sum(key.gap_s for stretch in self.stretches for key in stretch.keys)


def session_for(file: SourceFile, seed: int, keys: int) -> Session | None:
    """A session of about so many keys, ended at a line's end; None where the file has nothing to take out."""
    rng = random.Random(f"{seed} {file.name}")  # noqa: S311 (a replay, not a secret)
    holes = _holes(file.text, rng)
    if not holes:
        return None
    rest, cursors = _without(file.text, holes)
    typed = [file.text[hole.start : hole.end] for hole in holes]
    stretches = [stretch for stretch in _stretches(typed, rng, keys) if stretch.keys]
    return Session(file, rest, cursors, tuple(stretches))


def _holes(text: str, rng: random.Random) -> list[Hole]:
    """The one that is worked at, and perhaps one elsewhere."""
    found = list(bodies(text))
    rng.shuffle(found)
    main = next((hole for hole in found if hole.end - hole.start >= LEAST_MAIN_CHARS), None)
    if main is None:
        return found[:1]
    other = next((hole for hole in found if not hole.overlaps(main)), None)
    return [main, other] if other and rng.random() < JUMP_SHARE else [main]


def _without(text: str, holes: list[Hole]) -> tuple[str, tuple[tuple[int, int], ...]]:
    rest, cursors = text, {}
    for hole in sorted(holes, key=lambda hole: -hole.start):
        rest = rest[: hole.start] + rest[hole.end :]
    gone = 0
    for hole in sorted(holes, key=lambda hole: hole.start):
        before = rest[: hole.start - gone]
        cursors[hole] = before.count("\n"), len(before) - before.rfind("\n") - 1
        gone += hole.end - hole.start
    return rest, tuple(cursors[hole] for hole in holes)


def _stretches(typed: list[str], rng: random.Random, keys: int) -> Iterator[Stretch]:
    """The first half at the main place, a line elsewhere, the second half at the main place."""
    main = list(_keys(typed[0], rng))
    end = _line_end(main, keys)
    leave = _line_end(main[:end], end // 2) if len(typed) > 1 else end
    yield Stretch(0, tuple(main[:leave]), _text(main[leave:]))
    if len(typed) > 1:
        other = list(_keys(typed[1], rng))
        stop = _line_ends(other)[0]
        yield Stretch(1, _moved(other[:stop]), _text(other[stop:]))
        yield Stretch(0, _moved(main[leave:end]), _text(main[end:]))


def _moved(keys: list[Key]) -> tuple[Key, ...]:
    """The same after a look around."""
    return tuple(replace(key, gap_s=key.gap_s + (0.0 if number else JUMP_S)) for number, key in enumerate(keys))


def _keys(typed: str, rng: random.Random) -> Iterator[Key]:
    """The presses that make the text."""
    depth = indentation = 0
    for piece in PIECE.findall(typed):
        pasted = rng.random() < PASTE_SHARE and len(piece) >= LEAST_PASTED_CHARS
        if piece.startswith("\n"):
            indentation = len(piece)
            yield Key(piece, LINE_END_S + _gap_s(rng))
        elif pasted:
            yield Key(piece, LINE_END_S + _gap_s(rng), pasted=True)
        else:
            yield from _typed(piece, rng, BLOCK_S if indentation > depth else 0.0)
            depth = indentation


def _typed(line: str, rng: random.Random, pause_s: float) -> Iterator[Key]:
    for number, character in enumerate(line):
        slip = NEIGHBOURS.get(character, "") if rng.random() < SLIP_SHARE else ""
        yield Key(character, _gap_s(rng) + (0.0 if number else pause_s), slip)


def _gap_s(rng: random.Random) -> float:
    return MEDIAN_GAP_S * rng.lognormvariate(0.0, SPREAD)


def _line_ends(keys: list[Key]) -> list[int]:
    """The numbers of keys behind which a line is whole."""
    return [number for number, key in enumerate(keys) if number and key.text.startswith("\n")] + [len(keys)]


def _line_end(keys: list[Key], least: int) -> int:
    return next((number for number in _line_ends(keys) if number >= least), len(keys))


def _text(keys: list[Key]) -> str:
    return "".join(key.text for key in keys)
