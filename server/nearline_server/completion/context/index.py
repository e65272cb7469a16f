"""What may be taken out of a file: the signatures that it declares, and its text in chunks. Made once a version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from nearline_server.actions.context.patterns import declared, family, patterns_of
from nearline_server.documents.buffer import content, split_lines

# Half of llama.vim's 64 lines, and then half again: a snippet's characters hold no more.
CHUNK_LINES = 16
# A signature that is longer is shown by its beginning.
SIGNATURE_LINES = 16
SIGNATURE_CHARS = 240
WORD = re.compile(r"[^\W\d]\w{2,}")
# A file of such a name is known by its folder's.
FOLDER_FILES = {"__init__", "index", "mod", "lib"}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A signature in one line, indented as it is in its file; `outer` is the number of the one it is inside of."""

    name: str
    text: str
    outer: int | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines, and the words in them."""

    first_line: int
    text: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class FileIndex:
    """One version of one file: `family` is what its language has in common with others, `module` what imports say.

    `numbers` are those of the declarations of a name.
    """

    path: str
    language: str
    family: str
    module: str
    declarations: tuple[Declaration, ...]
    numbers: Mapping[str, Sequence[int]]
    chunks: tuple[Chunk, ...]


def index_of(path: str, language: str, text: str) -> FileIndex:
    """A megabyte takes a tenth of a second, so call it in a thread."""
    lines = [content(line).rstrip() for line in split_lines(text)]
    own = PurePosixPath(path)
    module = own.parent.name if own.stem in FOLDER_FILES else own.stem
    declarations = tuple(_declarations(lines, language))
    numbers: dict[str, list[int]] = {}
    for number, one in enumerate(declarations):
        numbers.setdefault(one.name, []).append(number)
    return FileIndex(path, language, family(language), module, declarations, numbers, _chunks(lines))


def words(text: str) -> frozenset[str]:
    """The names in a text, of three characters and more."""
    return frozenset(WORD.findall(text))


def _declarations(lines: Sequence[str], language: str) -> list[Declaration]:
    patterns = patterns_of(language)
    found: list[Declaration] = []
    around: list[tuple[int, int]] = []  # indentation and number of what is open here
    for number, line in enumerate(lines):
        name = declared(line, patterns)
        if name is None:
            continue
        depth = len(line) - len(line.lstrip())
        while around and around[-1][0] >= depth:
            around.pop()
        found.append(Declaration(name, _signature(lines, number), around[-1][1] if around else None))
        around.append((depth, len(found) - 1))
    return found


def _signature(lines: Sequence[str], first: int) -> str:
    """The lines up to the one that closes its brackets, in one: line ends and indentation cost tokens."""
    taken, depth = [lines[first]], _open_brackets(lines[first])
    for line in lines[first + 1 : first + SIGNATURE_LINES]:
        if depth <= 0:
            break
        taken.append(line.strip())
        depth += _open_brackets(line)
    return " ".join(taken)[:SIGNATURE_CHARS]


def _open_brackets(line: str) -> int:
    return line.count("(") + line.count("[") - line.count(")") - line.count("]")


def _chunks(lines: Sequence[str]) -> tuple[Chunk, ...]:
    parts = ((at, "\n".join(lines[at : at + CHUNK_LINES])) for at in range(0, len(lines), CHUNK_LINES))
    return tuple(Chunk(at, text, words(text)) for at, text in parts if text.strip())
