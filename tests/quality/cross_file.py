"""Lines that use what a sibling file declares, with and without pieces of the siblings in the prompt.

The files are those of `tests.bench.replay.corpus`, whole packages. The file that declares what is missing is open, and
others of its package are too: what is measured is what a right choice can gain, not how often it is possible.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from nearline_router.errors import RouterError
from nearline_router.router import Router
from nearline_router.types import RoutingRequest, Snippet, Usage
from nearline_server.completion.context.chosen import Surroundings, chosen, signatures
from nearline_server.completion.context.index import FileIndex, index_of
from nearline_server.completion.context.price import MOST_CHARS
from nearline_server.completion.generation import Generation
from nearline_server.completion.memory import Suggestion
from nearline_server.completion.settings import CompletionSettings
from nearline_server.completion.shape import trim_context
from nearline_server.completion.window import wide_window
from nearline_server.quality.hole import Hole
from nearline_server.quality.pipeline import place_at
from nearline_server.replay.files import SourceFile
from tests.bench.replay import corpus
from tests.quality.compared import Compared, Score, scored
from tests.quality.real_files import COMMENTS, LONGEST_LINE_CHARS, SHORTEST_LINE_CHARS

LANGUAGES = ("python", "javascript", "lua", "c")
HOLES_PER_FILE = 3
OPEN_FILES = 8
HEAD_CHARS = 3_000
# What more files of a package declare is too common to be missed.
MOST_FILES_OF_A_NAME = 2
IMPORTS = re.compile(r"\s*(?:import|from|#include|const .*\brequire\(|local .*\brequire\b|export)\b")

Way = Callable[[Surroundings, Sequence[FileIndex]], Sequence[Snippet]]
ALONE, SIGNATURES, BOTH = "its own file", "with signatures", "with signatures and a chunk"
WAYS: dict[str, Way] = {
    ALONE: lambda _around, _files: (),
    SIGNATURES: lambda around, files: signatures(around, files, MOST_CHARS),
    BOTH: lambda around, files: chosen(around, files, MOST_CHARS),
}


@dataclass(frozen=True, slots=True)
class CrossFileHole:
    """A hole, and the other files that are open."""

    hole: Hole
    siblings: tuple[FileIndex, ...]


def cross_file_holes(seed: int) -> tuple[CrossFileHole, ...]:
    """The languages in turn, in an order that the seed says; the holes themselves are the same."""
    by_language = []
    for language in LANGUAGES:
        packages: dict[str, list[SourceFile]] = defaultdict(list)
        for file in [*corpus.files(language, tuning=True), *corpus.files(language, tuning=False)]:
            packages[file.name.partition("/")[0]].append(file)
        holes = [hole for files in packages.values() for hole in _holes_of(sorted(files, key=lambda one: one.name))]
        random.Random(f"{language} {seed}").shuffle(holes)
        by_language.append(holes)
    return tuple(hole for turn in zip_longest(*by_language) for hole in turn if hole)


async def compared_ways(
    router: Router, holes: Sequence[CrossFileHole], on_hole: Callable[[], None]
) -> tuple[list[Compared], dict[str, list[Usage]]]:
    """Every hole in every way, one after the other, and by way what the engine said of each. Raises RouterError."""
    results, prices = [], defaultdict[str, list[Usage]](list)
    for one in holes:
        scores: dict[str, Score] = {}
        for name, way in WAYS.items():

            async def suggested(_: Hole, one: CrossFileHole = one, name: str = name, way: Way = way) -> str:
                text, usage = await _suggestion(router, one, way)
                prices[name].append(usage)
                return text

            scores[name] = await scored(one.hole, suggested)
        results.append(Compared(one.hole, scores))
        on_hole()
    return results, prices


def surroundings(one: CrossFileHole) -> Surroundings:
    """The cursor at the hole, in the whole file."""
    hole = one.hole
    place = place_at(hole.path, hole.language, hole.before, hole.behind_cursor)
    return Surroundings(place, hole.before[:HEAD_CHARS])


async def _suggestion(router: Router, one: CrossFileHole, way: Way) -> tuple[str, Usage]:
    around = surroundings(one)
    window = replace(wide_window(around.place), context=tuple(way(around, one.siblings)))
    request = RoutingRequest(window.infill(around.place), CompletionSettings().max_line_tokens)
    suggestion = Suggestion(around.place, trim_context(around.place, multiline=False))
    generation = Generation(router, request, suggestion, lambda _: None)
    await generation.task
    if isinstance(generation.error, RouterError):
        raise generation.error
    return suggestion.visible, generation.usage or Usage()


def _holes_of(files: list[SourceFile]) -> Iterator[CrossFileHole]:
    indexes = {file.name: index_of(file.name, file.language, file.text) for file in files}
    declaring: dict[str, set[str]] = defaultdict(set)
    for index in indexes.values():
        for one in index.declarations:
            declaring[one.name].add(index.path)
    for file in files:
        rng = random.Random(file.name)
        foreign = {
            name: paths
            for name, paths in declaring.items()
            if file.name not in paths and len(paths) <= MOST_FILES_OF_A_NAME and len(name) > 3
        }
        found = list(_uses(file, foreign))
        for at, line, name in sorted(rng.sample(found, min(HOLES_PER_FILE, len(found)))):
            yield _hole(file, at, line, name, rng, _opened(file, foreign[name], indexes, rng))


def _uses(file: SourceFile, foreign: dict[str, set[str]]) -> Iterator[tuple[int, str, str]]:
    """Where a line begins, the line, and the name in it that another file declares."""
    at = 0
    for line in file.text.splitlines(keepends=True):
        text = line.strip()
        usable = len(text) >= SHORTEST_LINE_CHARS and len(line) <= LONGEST_LINE_CHARS and text.isascii()
        if usable and not text.startswith(COMMENTS) and not IMPORTS.match(line):
            name = next((word for word in re.findall(r"[^\W\d]\w+", line) if word in foreign), None)
            if name and not line.rstrip().endswith(name):
                yield at, line.rstrip(), name
        at += len(line)


def _opened(
    file: SourceFile, declaring: set[str], indexes: dict[str, FileIndex], rng: random.Random
) -> tuple[FileIndex, ...]:
    others = sorted(indexes.keys() - declaring - {file.name})
    more = rng.sample(others, min(len(others), OPEN_FILES - len(declaring)))
    return tuple(indexes[name] for name in [*sorted(declaring), *more])


def _hole(
    file: SourceFile, line_start: int, line: str, name: str, rng: random.Random, siblings: tuple[FileIndex, ...]
) -> CrossFileHole:
    """From somewhere before the name, or from just behind it, to the line's end."""
    indent = len(line) - len(line.lstrip())
    match = re.search(rf"\b{re.escape(name)}\b", line)
    assert match is not None
    first = (
        match.end() + 1 if rng.random() < 0.5 and match.end() + 3 < len(line) else rng.randint(indent, match.start())
    )
    start, end = line_start + first, line_start + len(line)
    label = f"{file.name}:{file.text.count(chr(10), 0, start) + 1}"
    before, target, after = file.text[:start], file.text[start:end], file.text[end:]
    return CrossFileHole(Hole(label, file.name, file.name, file.language, before, target, after), siblings)
