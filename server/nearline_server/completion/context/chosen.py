"""Which pieces of other files go with a place: pure, and the same for the same files.

First the signatures of what is used near the cursor, since a small model invents what it cannot see; then the chunk
that is most like the surroundings (llama.vim's ring buffer, Copilot's neighbouring files).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nearline_router.types import Snippet
from nearline_server.actions.context.patterns import declared, family, patterns_of
from nearline_server.completion.context.index import WORD, Chunk, FileIndex, words
from nearline_server.completion.place import Place
from nearline_server.documents.buffer import split_lines

MOST_SNIPPET_CHARS = 600
# What counts as near the cursor.
NEAR_BEFORE_CHARS, NEAR_AFTER_CHARS = 2_400, 300
# What a chunk is compared with: about as much as it has itself.
LIKE_BEFORE_CHARS = 600
# Shared words of all words. Below it a chunk has nothing to do with the place; near-copies distort the answer, as
# llama.vim found, which leaves out chunks that share more than half.
LEAST_ALIKE, MOST_ALIKE = 0.15, 0.6
# Of a few words any chunk shares some.
LEAST_SHARED_WORDS = 4
# A name that more files declare, such as `get`, says nothing about which one is meant.
MOST_FILES_OF_A_NAME = 2
# What a call to a type's name runs; the other members come after everything that is named itself.
CONSTRUCTORS = frozenset({"__init__", "constructor", "new", "__construct", "initialize"})
FAR, FARTHER = 10_000, 20_000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What choosing looks at of a place; `head` is the beginning of its document, where imports are."""

    place: Place
    head: str


class _Candidate(NamedTuple):
    """The declaration of a number in a file; the nearer to the cursor it is used, the lower its rank."""

    rank: int
    file: FileIndex
    number: int


def chosen(around: Surroundings, files: Sequence[FileIndex], chars: int) -> tuple[Snippet, ...]:
    """At most one snippet of MOST_SNIPPET_CHARS a file for what is declared, and one chunk; `chars` in all.

    `files` are other files than the place's own. In the order of paths, the chunk last: what changes most stands
    last, so that caches hold what stands before it.
    """
    ordered = sorted(files, key=lambda file: file.path)
    snippets = signatures(around, ordered, chars)
    left = chars - sum(len(one.text) for one in snippets)
    return *snippets, *alike(around, ordered, snippets, left)


def signatures(around: Surroundings, files: Sequence[FileIndex], chars: int) -> list[Snippet]:
    """Those of what is used nearby, the nearest first until there is no room; each file's in its own order."""
    taken: dict[str, set[int]] = {file.path: set() for file in files}
    room = dict.fromkeys(taken, MOST_SNIPPET_CHARS)
    for candidate in sorted(_candidates(around, files), key=lambda one: (one.rank, one.file.path, one.number)):
        path, size = candidate.file.path, len(candidate.file.declarations[candidate.number].text) + 1
        if size <= min(chars, room[path]) and candidate.number not in taken[path]:
            taken[path].add(candidate.number)
            room[path] -= size
            chars -= size
    return [_outline(file, taken[file.path]) for file in files if taken[file.path]]


def _outline(file: FileIndex, numbers: Iterable[int]) -> Snippet:
    lines = (f"{file.declarations[number].text}\n" for number in sorted(numbers))
    return Snippet(file.path, file.language, "".join(lines))


def _candidates(around: Surroundings, files: Sequence[FileIndex]) -> Iterator[_Candidate]:
    """What is used near the cursor, what is imported; with a member the type, with a type its members."""
    place = around.place
    relatives = [file for file in files if file.family == family(place.language)]
    ranks = _ranks(around)
    for name in _own_names(place):
        ranks.pop(name, None)
    imported = words(around.head)
    used = [(file, name) for file in relatives for name in file.numbers.keys() & ranks.keys()]
    declaring = Counter(name for _, name in used)
    for file, name in used:
        if declaring[name] <= MOST_FILES_OF_A_NAME or file.module in imported:
            for number in file.numbers[name]:
                yield from _with_relatives(file, number, ranks[name])


def _with_relatives(file: FileIndex, number: int, rank: int) -> Iterator[_Candidate]:
    one = file.declarations[number]
    if one.outer is not None:
        yield _Candidate(rank, file, one.outer)
    yield _Candidate(rank, file, number)
    for inner in range(number + 1, len(file.declarations)):
        outer = file.declarations[inner].outer
        if outer is None or outer < number:
            return
        if outer == number:
            made = file.declarations[inner].name in CONSTRUCTORS
            yield _Candidate(rank if made else rank + FARTHER, file, inner)


def _ranks(around: Surroundings) -> dict[str, int]:
    """The names near a place, the nearest with the lowest number, then those that its document begins with."""
    before = WORD.findall(around.place.before[-NEAR_BEFORE_CHARS:])[::-1]
    after = WORD.findall(around.place.after[:NEAR_AFTER_CHARS])
    ranks: dict[str, int] = {}
    for rank, name in [*enumerate(before), *enumerate(after), *enumerate(WORD.findall(around.head), FAR)]:
        ranks[name] = min(rank, ranks.get(name, rank))
    return ranks


def _own_names(place: Place) -> set[str]:
    patterns = patterns_of(place.language)
    lines = split_lines(place.before) + split_lines(place.after)
    return {name for line in lines if (name := declared(line, patterns))}


def alike(around: Surroundings, files: Sequence[FileIndex], there: Sequence[Snippet], chars: int) -> Iterator[Snippet]:
    """The chunk that shares the most words with the surroundings, by Jaccard's measure, if one shares enough."""
    here = words(around.place.before[-LIKE_BEFORE_CHARS:] + around.place.after[:NEAR_AFTER_CHARS])
    best: tuple[FileIndex, Chunk] | None = None
    least, size = LEAST_ALIKE, len(here)
    for file in files:
        for chunk in file.chunks:
            # A call for each of thousands of chunks would cost more than the comparison.
            both = len(here & chunk.words)
            if both >= LEAST_SHARED_WORDS:
                score = both / (size + len(chunk.words) - both)
                if least < score <= MOST_ALIKE:
                    best, least = (file, chunk), score
    if best is not None:
        file, chunk = best
        text = _cut(chunk.text, min(chars, MOST_SNIPPET_CHARS))
        if text and all(text not in one.text for one in there):
            yield Snippet(file.path, file.language, text)


def _cut(text: str, chars: int) -> str:
    """As many whole lines as there is room for."""
    whole = text + "\n"
    return whole if len(whole) <= chars else whole[: whole.rfind("\n", 0, max(chars, 0)) + 1]
